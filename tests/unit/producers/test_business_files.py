"""Orders, gestures and labels from the tables people have."""

from pathlib import Path

import msgspec
import pytest

from schemas.business import Gesture, Label, Order
from streams.errors import InputError
from streams.producers.business_rows import VOCABULARIES
from streams.producers.mapping import from_flags
from streams.steps.business import KINDS, KindName
from tests.unit.producers.helpers import Ingestion, write_lines


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_a_spanish_export_of_orders_needs_no_mapping(ingestion: Ingestion, tmp_path: Path) -> None:
    file = write(
        tmp_path / "pedidos.csv",
        "Nº Pedido;Cliente;Fecha;Importe;Moneda;Unidades;Artículo;Recomendado por\n"
        "A-1;ana;2026-07-04 12:00:00;1.234,56;eur;2;cafetera;bea\n"
        "A-2;bea;2026-07-05 09:30:00;19,90 €;;;molinillo;\n",
    )
    request = from_flags([], [], timezone="Europe/Madrid", vocabulary=VOCABULARIES["orders"])
    summary = ingestion.run(file, kind="orders", mapping=request)
    assert (summary.topic, summary.delivered, summary.rejected) == ("orders.v1", 2, 0)
    first, second = (
        msgspec.json.decode(record.body, type=Order) for record in ingestion.kafka.delivered
    )
    assert (first.order_id, first.amount, first.currency, first.items) == (
        "A-1",
        "1234.56",
        "EUR",
        2,
    )
    assert first.ordered_at.isoformat() == "2026-07-04T10:00:00+00:00"
    assert (first.product, first.referred_by) == ("cafetera", "bea")
    assert (second.amount, second.currency, second.items, second.referred_by) == (
        "19.90",
        "EUR",
        1,
        "",
    )
    assert [record.key for record in ingestion.kafka.delivered] == [b"ana", b"bea"]


def test_gestures_and_labels_are_read_the_same_way(ingestion: Ingestion, tmp_path: Path) -> None:
    gestures = write_lines(
        tmp_path / "gestos.jsonl",
        [
            {
                "id": 7,
                "cliente": "ana",
                "fecha": "2026-07-04T10:00:00Z",
                "coste": 170,
                "regalo": "póster",
            }
        ],
    )
    labels = write(
        tmp_path / "labels.csv",
        "mention_id,annotator,date,guide,intención,needs_reply\n"
        "forum:1,ana,2026-07-04T10:00:00Z,3,activa,sí\n"
        "forum:2,ana,2026-07-04T10:01:00Z,3,,no\n",
    )
    request = from_flags([], ["currency=EUR"], vocabulary=VOCABULARIES["gestures"])
    assert ingestion.run(gestures, kind="gestures", mapping=request).delivered == 1
    assert ingestion.run(labels, kind="labels").delivered == 2
    bodies = [record.body for record in ingestion.kafka.delivered]
    gesture = msgspec.json.decode(bodies[0], type=Gesture)
    assert (gesture.gesture_id, gesture.cost, gesture.description) == ("7", "170", "póster")
    first, second = (msgspec.json.decode(body, type=Label) for body in bodies[1:])
    assert (first.intent, first.needs_reply, second.intent, second.needs_reply) == (
        "active",
        True,
        None,
        False,
    )


def test_rows_that_cannot_be_orders_are_kept_with_line_and_remedy(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    file = write(
        tmp_path / "orders.csv",
        "order_id,author_id,date,amount,currency,quantity\n"
        '1,ana,2026-07-04T10:00:00Z,"1,234",EUR,1\n'
        "2,ana,2026-07-04T10:00:00Z,5,,1\n"
        "3,ana,2026-07-04T10:00:00Z,5 €,USD,1\n"
        "4,ana,2026-07-04T10:00:00Z,5,EUR,many\n"
        "5,ana,2026-07-04T10:00:00Z,5,EUR,0\n"
        "6,,2026-07-04T10:00:00Z,5,EUR,1\n"
        "7,ana,1999-07-04T10:00:00Z,5,EUR,1\n"
        "8,ana,2026-07-04T10:00:00Z,5,EUR,1\n",
    )
    summary = ingestion.run(file, kind="orders")
    assert (summary.delivered, summary.rejected) == (1, 7)
    found = [(row["line"], row["reason"]) for row in ingestion.rejected()]
    wanted = [
        (2, "--decimal"),
        (3, "--set currency=EUR"),
        (4, "in EUR, its currency says USD"),
        (5, "not a whole number"),
        (6, "$.items"),
        (7, "author_id"),
        (8, "before 2000"),
    ]
    assert [line for line, _ in found] == [line for line, _ in wanted]
    for (_, reason), (_, part) in zip(found, wanted, strict=True):
        assert part in reason
    again = ingestion.run(file, kind="orders", decimal="point", restart=True)
    assert again.delivered == 2


def test_a_stopped_run_goes_on_and_another_option_is_another_run(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    rows = [
        {"order_id": n, "author_id": f"a{n % 5}", "date": "2026-07-04T10:00:00Z", "amount": "1,50"}
        for n in range(2_000)
    ]
    file = write_lines(tmp_path / "orders.jsonl", rows)
    request = from_flags([], ["currency=EUR"], vocabulary=VOCABULARIES["orders"])
    calls = iter(range(4))
    part = ingestion.run(
        file, kind="orders", mapping=request, stop=lambda: next(calls, None) is None
    )
    assert not part.finished
    with pytest.raises(InputError, match="--restart"):
        ingestion.run(file, kind="orders", mapping=request, decimal="comma")
    rest = ingestion.run(file, kind="orders", mapping=request)
    assert rest.finished
    assert part.delivered + rest.delivered == 2_000
    ids = [event["order_id"] for event in ingestion.events()]
    assert ids == [str(n) for n in range(2_000)]


def test_no_heartbeat_goes_to_a_topic_of_business_events(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    file = write(
        tmp_path / "orders.csv",
        "order_id,author_id,date,amount,currency\n1,ana,2026-07-04T10:00:00Z,5,EUR\n",
    )
    ingestion.run(file, kind="orders", heartbeat_sec=0.001)
    assert len(ingestion.kafka.delivered) == 1


def test_a_file_without_a_needed_column_says_which_to_name(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    file = write(tmp_path / "orders.csv", "foo,author_id,date,amount\n1,ana,2026-07-04,5\n")
    with pytest.raises(InputError, match="--map order_id=COLUMN"):
        ingestion.run(file, kind="orders")
    with pytest.raises(InputError, match="--as orders"):
        ingestion.run(file, decimal="comma")


@pytest.mark.parametrize("kind", ["orders", "gestures", "labels"])
def test_every_field_of_the_contract_has_column_names(kind: KindName) -> None:
    vocabulary = VOCABULARIES[kind]
    fields = {field.name for field in msgspec.structs.fields(KINDS[kind].struct)}
    assert set(vocabulary.names) == fields
    assert set(vocabulary.required) <= fields
