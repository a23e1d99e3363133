"""The receiver over a socket: what is taken, what is refused, and what the sender is told."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from streams.errors import SettingsError
from streams.producers.webhook.options import ReceiverOptions
from tests.unit.producers.webhook.helpers import (
    SECRET,
    NappingProducer,
    mention,
    order,
    receiver,
)

MENTIONS, ORDERS = "mentions.raw.v1", "orders.v1"
LABEL = {
    "mention_id": "forum:1",
    "labeller": "ana",
    "labelled_at": "2026-07-04T10:00:00Z",
    "guide_version": "3",
    "intent": "active",
}
GESTURE = {
    "gesture_id": "g-1",
    "author_id": "ana",
    "given_at": "2026-07-04T10:00:00Z",
    "cost": "170",
    "currency": "EUR",
}


@pytest.mark.parametrize(
    ("path", "event", "name", "key"),
    [
        ("/v1/events", mention(1), "forum:1", b"author-1"),
        (
            "/v1/events",
            {
                "type": "interaction",
                "interaction_id": "forum:like-1",
                "source": "forum",
                "author": {"id": "bea"},
                "kind": "like",
                "target_id": "forum:1",
                "occurred_at": "2026-07-04T10:00:00Z",
            },
            "forum:like-1",
            b"bea",
        ),
        (
            "/v1/events",
            {
                "type": "deletion",
                "target": "mention",
                "target_id": "forum:1",
                "source": "forum",
                "author_id": "ana",
                "deleted_at": "2026-07-04T10:00:00Z",
            },
            "forum:1",
            b"ana",
        ),
        ("/v1/orders", order(5), "shop-5", b"ana"),
        ("/v1/gestures", GESTURE, "g-1", b"ana"),
        ("/v1/labels", LABEL, "forum:1", b"forum:1"),
    ],
)
async def test_each_kind_of_event_is_taken_under_its_key(
    path: str, event: dict[str, Any], name: str, key: bytes
) -> None:
    kafka = NappingProducer()
    async with receiver(kafka) as running:
        answer = await running.sender.post(path, event)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "ids": [name]})
    [record] = kafka.delivered
    assert (json.loads(record.body), record.key) == (event, key)


async def test_an_array_and_lines_are_taken_in_their_order() -> None:
    events = [mention(number, later_field="kept") for number in range(450)]
    async with receiver() as running:
        array = await running.sender.post("/v1/events", events)
        lines = await running.sender.lines("/v1/events", events)
        assert array.json() == lines.json()
        assert array.json()["ids"] == [f"forum:{number}" for number in range(450)]
        assert running.delivered(MENTIONS) == events * 2


async def test_one_bad_item_refuses_the_request_and_every_bad_one_is_named() -> None:
    events = [
        order(0),
        order(1, amount="1,5"),
        order(2),
        order(3, items=2**32),
        order(4, ordered_at="2126-01-01T00:00:00Z"),
        {"order_id": "shop-5"},
    ]
    async with receiver() as running:
        answer = await running.sender.post("/v1/orders", events)
        assert running.delivered(ORDERS) == []
    assert answer.status_code == 422
    refusal = answer.json()
    assert refusal["error"] == "4 of 6 events break the contract; none was taken"
    assert [(item["index"], item["place"]) for item in refusal["items"]] == [
        (1, "$.amount"),
        (3, "$.items"),
        (4, "$.ordered_at"),
        (5, "$"),
    ]
    assert "author_id" in refusal["items"][3]["reason"]


async def test_a_bad_line_is_named_by_its_number_without_blank_lines() -> None:
    body = json.dumps(mention(1)).encode() + b"\n\n{oops\n"
    async with receiver() as running:
        answer = await running.sender.post("/v1/events", body, content_type="application/jsonl")
    assert answer.status_code == 422
    assert [item["index"] for item in answer.json()["items"]] == [1]


@pytest.mark.parametrize("kind", ["heartbeat", "wish"])
async def test_only_mentions_interactions_and_deletions_are_events(kind: str) -> None:
    event = {"type": kind, "producer": "x", "sequence": 1, "sent_at": "2026-07-04T10:00:00Z"}
    async with receiver() as running:
        answer = await running.sender.post("/v1/events", event)
    assert answer.status_code == 422
    assert kind in answer.json()["items"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty"),
        (b" \n ", 400, "empty"),
        (b"[]", 400, "empty"),
        (b"{", 400, "unreadable"),
        (b"[{}", 400, "unreadable"),
        (b'{"a": 1} {"b": 2}', 400, "unreadable"),
        (b"\xff{}", 400, "unreadable"),
        (b"[" * 100_000, 400, "unreadable"),
        (b"17", 422, "invalid_events"),
        (b"[null]", 422, "invalid_events"),
    ],
)
async def test_a_body_that_is_no_event_is_refused(body: bytes, status: int, code: str) -> None:
    async with receiver() as running:
        answer = await running.sender.post("/v1/events", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]


async def test_only_who_knows_a_secret_may_send_and_several_secrets_hold_at_once() -> None:
    old, new = "the-old-secret-16", "the-new-secret-16"
    body = json.dumps(order()).encode()
    async with receiver(secrets=(old, new)) as running:
        sender = running.sender
        assert (await sender.post("/v1/orders", body)).status_code == 401  # signed with SECRET
        for secret in (old, new):
            sender.secret = secret
            assert (await sender.post("/v1/orders", body)).status_code == 202
        late = await sender.post("/v1/orders", body, at_sec=int(time.time()) - 400)
        unsigned = await running.client.post(
            "/v1/orders", content=body, headers={"content-type": "application/json"}
        )
        twice = await sender.post("/v1/orders", body, headers={"X-Escucha-Signature": "t=1,v1=2"})
        assert len(running.delivered(ORDERS)) == 2
    assert (late.status_code, "clock" in late.json()["error"]) == (401, True)
    assert (unsigned.status_code, "missing" in unsigned.json()["error"]) == (401, True)
    assert twice.status_code == 401


async def test_a_body_changed_on_its_way_is_refused() -> None:
    async with receiver() as running:
        signed = running.sender
        raw = json.dumps(order()).encode()
        answer = await signed.post("/v1/orders", raw)
        header = answer.request.headers["x-escucha-signature"]
        changed = await running.client.post(
            "/v1/orders",
            content=raw.replace(b"19.90", b"91.90"),
            headers={"content-type": "application/json", "x-escucha-signature": header},
        )
    assert (answer.status_code, changed.status_code) == (202, 401)


@pytest.mark.parametrize(
    ("content_type", "encoding", "status"),
    [
        ("text/plain", None, 415),
        ("", None, 415),
        ("application/json; charset=latin-1", None, 415),
        ("application/json", "gzip", 415),
        ("Application/JSON; charset=UTF-8", None, 202),
    ],
)
async def test_only_json_in_utf8_is_read(
    content_type: str, encoding: str | None, status: int
) -> None:
    headers = {"content-encoding": encoding} if encoding else {}
    async with receiver() as running:
        answer = await running.sender.post(
            "/v1/orders", order(), content_type=content_type, headers=headers
        )
    assert answer.status_code == status


async def test_too_many_bytes_or_events_are_refused_whether_told_or_not() -> None:
    async def in_pieces() -> Any:
        for _ in range(20):
            yield b" " * 100

    async with receiver(max_body_bytes=1_000, max_events=3) as running:
        told = await running.sender.post("/v1/orders", b" " * 1_001)
        untold = await running.client.post(
            "/v1/orders",
            content=in_pieces(),
            headers={
                "content-type": "application/json",
                "x-escucha-signature": f"t={int(time.time())},v1={'0' * 64}",
            },
        )
        many = await running.sender.post("/v1/orders", [{}] * 4)
    assert [a.status_code for a in (told, untold, many)] == [413, 413, 413]
    assert [a.json()["code"] for a in (told, untold, many)] == [
        "too_large",
        "too_large",
        "too_many_events",
    ]


async def test_more_requests_than_the_limit_are_told_to_come_again() -> None:
    kafka = NappingProducer(down=True)
    async with receiver(kafka, max_in_flight=2, kafka_deadline_sec=5.0) as running:
        waiting = [
            asyncio.create_task(running.sender.post("/v1/orders", order(number)))
            for number in range(2)
        ]
        while len(kafka) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        busy = await running.sender.post("/v1/orders", order(3))
        kafka.down = False
        answers = [await task for task in waiting]
        again = await running.sender.post("/v1/orders", order(3))
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
    assert [answer.status_code for answer in (*answers, again)] == [202, 202, 202]


async def test_nothing_is_accepted_while_kafka_fails_and_the_sender_is_told_to_repeat() -> None:
    kafka = NappingProducer(fail_after=2)
    async with receiver(kafka) as running:
        failed = await running.sender.post("/v1/orders", [order(n) for n in range(4)])
        kafka.fail_after = None
        again = await running.sender.post("/v1/orders", [order(n) for n in range(4)])
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "5")
    assert again.status_code == 202


async def test_a_kafka_that_does_not_answer_is_waited_for_no_longer_than_the_deadline() -> None:
    kafka = NappingProducer(down=True)
    async with receiver(kafka, kafka_deadline_sec=0.2) as running:
        answer = await running.sender.post("/v1/orders", order())
        kafka.down = False
    assert answer.status_code == 503


async def test_a_full_queue_is_waited_for() -> None:
    async with receiver(NappingProducer(queue_records=3)) as running:
        answer = await running.sender.post("/v1/orders", [order(n) for n in range(50)])
        assert len(running.delivered(ORDERS)) == 50
    assert answer.json()["accepted"] == 50


async def test_what_kafka_will_never_take_is_not_to_be_sent_again() -> None:
    async with receiver(NappingProducer(broker_max_value_bytes=100)) as running:
        answer = await running.sender.post("/v1/orders", order())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_the_receiver_is_healthy_while_kafka_answers_its_heartbeats() -> None:
    kafka = NappingProducer()
    async with receiver(kafka, heartbeat_sec=0.05) as running:
        await asyncio.sleep(0.2)
        well = await running.client.get("/healthz")
        kafka.down = True
        await asyncio.sleep(0.4)
        ill = await running.client.get("/healthz")
        kafka.down = False
    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert (ill.status_code, ill.json()["status"]) == (503, "unavailable")
    beats = [json.loads(record.body) for record in kafka.delivered]
    assert {(beat["type"], beat["producer"]) for beat in beats} == {("heartbeat", "webhook")}
    assert [beat["sign"] for beat in beats[-2:]] == ["alive", "goodbye"]


async def test_clients_that_are_slow_with_headers_or_body_are_let_go() -> None:
    async with receiver(header_timeout_sec=0.2, body_timeout_sec=0.2) as running:
        silent, half, slow = [
            await asyncio.open_connection("127.0.0.1", running.port) for _ in range(3)
        ]
        half[1].write(b"POST /v1/orders HTTP/1.1\r\nHost: x\r\n")
        slow[1].write(
            b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"X-Escucha-Signature: t=%d,v1=%s\r\nContent-Length: 100\r\n\r\n{"
            % (int(time.time()), b"0" * 64)
        )
        async with asyncio.timeout(5):
            assert await silent[0].read() == b""
            assert await half[0].read() == b""
            assert b"408 " in await slow[0].read()
        for _, writer in (silent, half, slow):
            writer.close()
            await writer.wait_closed()


async def test_a_connection_that_was_used_has_time_for_its_next_request() -> None:
    async with receiver(header_timeout_sec=0.2) as running:
        assert (await running.client.get("/healthz")).status_code == 200
        await asyncio.sleep(0.4)
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = await reader.readuntil(b"}")
            assert b"200 OK" in answer
            await asyncio.sleep(0.3)
        writer.write(b"GET /heal")
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_unknown_paths_and_methods_are_answered_in_the_same_form() -> None:
    async with receiver() as running:
        nowhere = await running.client.get("/v2")
        wrong = await running.client.get("/v1/events")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "wrong_method")
    assert wrong.headers["allow"] == "POST"


async def test_without_signatures_only_the_machine_itself_is_served_by_its_own_name() -> None:
    async with receiver(secrets=(), insecure_no_signature=True) as running:
        headers = {"content-type": "application/json"}
        body = json.dumps(order())
        taken = await running.client.post("/v1/orders", content=body, headers=headers)
        rebound = await running.client.post(
            "/v1/orders", content=body, headers={**headers, "host": "evil.example"}
        )
    assert (taken.status_code, rebound.status_code) == (202, 400)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "openssl rand -hex 32"),
        ({"insecure_no_signature": True, "host": "0.0.0.0"}, "127.0.0.1"),  # noqa: S104
        ({"insecure_no_signature": True, "secrets": (SECRET,)}, "drop one"),
    ],
)
def test_a_receiver_that_anybody_could_write_to_does_not_start(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        ReceiverOptions(**options)


def test_options_do_not_show_their_secrets() -> None:
    assert SECRET not in repr(ReceiverOptions(secrets=(SECRET,)))


async def test_requests_are_answered_before_the_receiver_stops() -> None:
    kafka = NappingProducer(down=True)
    async with receiver(kafka) as running:
        task = asyncio.create_task(running.sender.post("/v1/orders", order()))
        while not len(kafka):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.2, setattr, kafka, "down", False)
    answer: httpx.Response = await task
    assert answer.status_code == 202
