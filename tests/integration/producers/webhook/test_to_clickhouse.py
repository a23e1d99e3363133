"""From an HTTP request or a file through Kafka to ClickHouse: each event once, and sums right."""

import html
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from streams.producers.files import ingest
from streams.producers.options import IngestOptions
from tests.integration.producers.webhook.helpers import SECRET, ReceiverProcess, Stack

# The classic case: an author buys for 10, is sent a poster that costs 170, and recommends to a
# friend who buys for 300.
LEDGER = """
SELECT
    sumIf(amount, author_id = {author}) AS direct,
    sumIf(amount, referred_by = {author}) AS referred,
    (SELECT sum(cost) FROM gestures FINAL WHERE author_id = {author}) AS cost,
    direct + referred - cost AS net
FROM orders FINAL
"""


def order(order_id: str, author: str, amount: str, **changes: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "author_id": author,
        "ordered_at": "2026-07-04T10:00:00Z",
        "amount": amount,
        "currency": "EUR",
        **changes,
    }


def gesture(gesture_id: str, author: str, cost: str) -> dict[str, Any]:
    return {
        "gesture_id": gesture_id,
        "author_id": author,
        "given_at": "2026-07-05T10:00:00Z",
        "cost": cost,
        "currency": "EUR",
        "description": "a signed poster",
    }


def ledger_of(stack: Stack, author: str) -> tuple[Any, ...]:
    [row] = stack.rows(LEDGER.replace("{author}", f"'{author}'"))
    return row


async def test_the_gesture_that_lost_money_first_earns_140_in_the_end(
    stack: Stack, receiver: ReceiverProcess
) -> None:
    orders = [
        order("fan-1", "fan", "10"),
        order("friend-1", "friend", "300.00", referred_by="fan", ordered_at="2026-07-20T10:00:00Z"),
        order("stranger-1", "stranger", "99.99"),
    ]
    gestures = [gesture("poster-1", "fan", "170")]
    for _ in range(2):  # the shop was not sure and sent everything again
        assert receiver.post("/v1/orders", orders) == (
            202,
            {"accepted": 3, "ids": ["fan-1", "friend-1", "stranger-1"]},
        )
        assert receiver.post("/v1/gestures", gestures)[0] == 202
    for topic in ("orders.v1", "gestures.v1"):
        await stack.store(topic, "worker-1")
    assert ledger_of(stack, "fan") == tuple(map(Decimal, (10, 300, 170, 140)))


async def test_a_spanish_file_and_labels_land_the_same_way(
    stack: Stack, receiver: ReceiverProcess, tmp_path: Path
) -> None:
    file = tmp_path / "pedidos.csv"
    file.write_text(
        "Nº Pedido;Cliente;Fecha;Importe;Recomendado por\n"
        "L-1;luz;2026-07-04T10:00:00Z;10,00 €;\n"
        "L-2;sol;2026-07-14T10:00:00Z;300,00 €;luz\n",
        "utf-8",
    )
    settings = stack.settings
    assert ingest(IngestOptions(file=file, kind="orders"), settings).delivered == 2
    gestos = tmp_path / "gestos.csv"
    gestos.write_text("gesto,cliente,fecha,coste\nG-1,luz,2026-07-05T10:00:00Z,€ 170\n", "utf-8")
    assert ingest(IngestOptions(file=gestos, kind="gestures"), settings).delivered == 1
    label = {
        "mention_id": "forum:1",
        "labeller": "ana",
        "labelled_at": "2026-07-05T10:00:00Z",
        "guide_version": "3",
        "intent": "active",
        "needs_reply": False,
    }
    assert receiver.post("/v1/labels", label)[0] == 202
    for topic in ("orders.v1", "gestures.v1", "labels.v1"):
        await stack.store(topic, "worker-1")
    assert ledger_of(stack, "luz")[3] == 140
    stored = "SELECT intent, stage, needs_reply FROM labels FINAL WHERE mention_id = 'forum:1'"
    assert stack.rows(stored) == [("active", "", "no")]


async def test_a_second_worker_that_reads_all_again_stores_nothing_twice(
    stack: Stack, receiver: ReceiverProcess
) -> None:
    assert (
        receiver.post("/v1/orders", [order(f"r-{n}", f"r{n % 9}", "1") for n in range(300)])[0]
        == 202
    )
    for worker in ("worker-1", "worker-2"):
        await stack.store("orders.v1", worker, max_records=37)
    [counts] = stack.rows(
        "SELECT count(), uniqExact(kafka_partition, kafka_offset) FROM orders"
        " WHERE startsWith(order_id, 'r-')"
    )
    assert counts == (300, 300)
    [books] = stack.rows(
        "SELECT sum(records), sum(orders) + sum(dead_letters) FROM ledger WHERE topic = 'orders.v1'"
    )
    assert books[0] == books[1]


def test_what_was_answered_202_is_in_kafka_after_kill_9_in_mid_request(
    stack: Stack, tmp_path: Path
) -> None:
    accepted: list[str] = []
    broken = threading.Event()

    def send(receiver: ReceiverProcess, sender: int) -> None:
        for number in range(10_000):
            names = [f"k9-{sender}-{number}-{n}" for n in range(20)]
            try:
                status, answer = receiver.post(
                    "/v1/orders", [order(name, f"k{sender}", "1") for name in names]
                )
            except OSError:
                broken.set()
                return
            if status == 202:
                accepted.extend(answer["ids"])

    with ReceiverProcess(stack, tmp_path) as receiver:
        threads = [threading.Thread(target=send, args=(receiver, n)) for n in range(8)]
        for thread in threads:
            thread.start()
        while len(accepted) < 1_000:
            time.sleep(0.01)
        receiver.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    assert broken.is_set()
    there = {event["order_id"] for event in stack.events("orders.v1")}
    assert len(accepted) >= 1_000
    assert set(accepted) <= there


def test_a_request_under_way_is_answered_when_the_receiver_is_asked_to_stop(
    receiver: ReceiverProcess,
) -> None:
    answers: list[int] = []

    def send() -> None:
        body = [order(f"term-{n}", "t", "1") for n in range(900)]
        answers.append(receiver.post("/v1/orders", body)[0])

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(0.02)
    receiver.process.send_signal(signal.SIGTERM)
    thread.join(30)
    assert receiver.process.wait(10) == 0, receiver.said


def test_the_examples_of_the_page_work_as_they_stand(
    receiver: ReceiverProcess, tmp_path: Path
) -> None:
    if not all(map(shutil.which, ("bash", "curl", "openssl"))):
        pytest.skip("bash, curl and openssl are not all installed")
    with urllib.request.urlopen(f"{receiver.address}/?lang=es", timeout=10) as answer:  # noqa: S310
        page = answer.read().decode()
    shell, python = (
        html.unescape(found).replace("put-your-secret-here", SECRET)
        for found in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    )
    for command in (["bash", "-c", shell], [sys.executable, "-c", python]):
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        assert '"accepted":1' in ran.stdout, ran


def test_without_a_secret_it_does_not_start_and_says_the_remedy(
    stack: Stack, tmp_path: Path
) -> None:
    refused = ReceiverProcess(stack, tmp_path, ESCUCHA_WEBHOOK_SECRETS="")
    assert refused.process.wait(30) != 0
    assert "openssl rand -hex 32" in refused.said
