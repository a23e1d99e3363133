"""The figures of the source texts, exact, from events in Kafka to the views."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.integration.streams.helpers import Lane, produce, wait_for
from tests.integration.value.conftest import Shop, at

SEEDS_CURRENCY = "USD"


def mention(id_: str, author: str, day: float, text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "mention",
        "mention_id": f"forum:{id_}",
        "source": "forum",
        "author": {"id": author},
        "text": text,
        "published_at": at(day).isoformat(),
        "lang": "es",
        **more,
    }


def like(author: str, target: str, day: float) -> dict[str, Any]:
    return {
        "type": "interaction",
        "interaction_id": f"forum:like-{author}-{target}",
        "source": "forum",
        "author": {"id": author},
        "kind": "like",
        "target_id": f"forum:{target}",
        "occurred_at": at(day).isoformat(),
    }


def order(
    id_: str, author: str, day: float, amount: str, items: int, **more: Any
) -> dict[str, Any]:
    return {
        "order_id": id_,
        "author_id": author,
        "ordered_at": at(day).isoformat(),
        "amount": amount,
        "currency": SEEDS_CURRENCY,
        "items": items,
        **more,
    }


RECOMMENDS = "Si buscas móvil, te recomiendo el Nimbara Uno: la batería dura dos días."
ALSO_RECOMMENDS = "Te recomiendo el Nimbara Uno, cómpralo sin dudarlo, no te arrepentirás."
QUESTIONS = {
    "ana": "¿Alguien sabe cómo se cambia el idioma del teclado en el Nimbara Uno?",
    "ben": "¿Cómo puedo pasar las fotos del Nimbara al ordenador?",
    "cleo": "¿Dónde se activa el modo avión en el Nimbara Uno?",
}

# Luisa: two trips of three items, three people moved, one review and one answer that helps.
# Juan: five trips of one item; six moved by what he wrote, one named by the shop; four acts.
SAID = [
    *(mention(f"q-{who}", who, 0, text) for who, text in QUESTIONS.items()),
    mention("luisa", "luisa", 1, RECOMMENDS),
    mention("luisa-review", "luisa", 2, "Cumple lo que promete.", kind="review"),
    mention(
        "luisa-helps", "luisa", 2, "En ajustes, idioma.", kind="reply", parent_id="forum:q-ana"
    ),
    mention("juan", "juan", 1, ALSO_RECOMMENDS),
    mention("juan-review", "juan", 2, "Buena pantalla y buen sonido.", kind="review"),
    *(
        mention(f"juan-helps-{who}", "juan", 2, "Está en ajustes.", kind="reply")
        | {"parent_id": f"forum:q-{who}"}
        for who in QUESTIONS
    ),
    *(like(f"l{n}", "luisa", 3) for n in range(3)),
    *(like(f"j{n}", "juan", 3) for n in range(5)),
    mention("j5", "j5", 3, "Me lo apunto, suena bien.", kind="reply", parent_id="forum:juan"),
    # These do not count: bought before, bought too late, never bought.
    like("early", "juan", 3),
    like("late", "luisa", 3),
    like("never", "juan", 3),
]
BOUGHT = [
    *(order(f"luisa-{n}", "luisa", n, "654", 3) for n in range(2)),
    *(order(f"juan-{n}", "juan", n, "218", 1) for n in range(5)),
    *(order(f"l{n}", f"l{n}", 5 + n, "100", 1) for n in range(3)),
    *(order(f"j{n}", f"j{n}", 5 + n, "100", 1) for n in range(6)),
    order("j6", "j6", 9, "100", 1, referred_by="juan"),
    order("early", "early", 2, "100", 1),
    order("late", "late", 18, "100", 1),
]
BOOKED = "SELECT sum(records) FROM ledger WHERE topic ="
VALUE = """
SELECT
    author_id, value_items, value_trips, value_influence, value_collaboration,
    rank_transactions, rank_social
FROM social_customer_value
WHERE author_id IN ('luisa', 'juan') AND currency = 'USD'
ORDER BY author_id DESC
"""
LUISA = ("luisa", *map(Decimal, (654, 1_308, 3_924, 7_848)), 1, 2)
JUAN = ("juan", *map(Decimal, (218, 1_090, 7_630, 30_520)), 2, 1)


def records(events: Iterable[dict[str, Any]]) -> list[bytes | None]:
    return [json.dumps(event).encode() for event in events]


def test_luisa_and_juan_from_kafka_to_the_view_also_when_all_is_sent_again_backwards(
    lane: Lane,
) -> None:
    bootstrap = lane.settings.kafka_bootstrap
    with lane.worker() as worker, lane.client() as client:
        for said, bought in ((SAID, BOUGHT), (SAID[::-1], BOUGHT[::-1])):
            lane.produce(records(said))
            produce(bootstrap, "orders.v1", records(bought))
        wait_for(
            lambda: (
                (lane.planned("records"), lane.scalar(f"{BOOKED} 'orders.v1'"))
                == (2 * len(SAID), 2 * len(BOUGHT))
            ),
            "both times to be in the books",
        )
        assert lane.balance_once_settled().problems == []
        assert worker.is_running
        upkeep = lane.run("upkeep", "--once")
        assert upkeep.returncode == 0, upkeep.stderr.decode()
        assert [tuple(row) for row in client.query(VALUE).result_rows] == [LUISA, JUAN]
        # The buyers' own value is what they bought: nobody acted after them.
        assert client.query(
            "SELECT count(), sum(value_trips), sum(value_collaboration) FROM social_customer_value"
            " WHERE author_id NOT IN ('luisa', 'juan')"
        ).result_rows == [(12, Decimal(1_200), Decimal(1_200))]
        assert client.query(
            "SELECT author_id, influenced_people, influenced_net, exposed_people, unmatched"
            " FROM influence ORDER BY author_id"
        ).result_rows == [
            ("juan", 7, Decimal(7), 8, 8),
            ("luisa", 3, Decimal(3), 4, 4),
        ]


def test_the_poster_lost_money_first_and_earns_140_in_the_end(shop: Shop) -> None:
    shop.order("wine", "fan", 0, "10", currency="USD")
    shop.gesture("poster", "fan", 1, "170", currency="USD")
    shop.order("by word", "friend", 9, "300", currency="USD", referred_by="fan")
    shop.order("stranger", "stranger", 9, "99", currency="USD")
    shop.run()
    assert shop.rows("SELECT kind, amount, net FROM gesture_ledger ORDER BY at") == [
        ("direct", Decimal(10), Decimal(10)),
        ("gesture", Decimal(-170), Decimal(-160)),
        ("referred", Decimal(300), Decimal(140)),
    ]
    assert shop.rows(
        "SELECT author_id, gestures, cost, direct_revenue, referred_revenue, net, net_low, net_high"
        " FROM gesture_returns"
    ) == [("fan", 1, *map(Decimal, (170, 10, 300, 140, 140, 140)))]
