"""Dead letters in people's hands: seen, looked at, sent back once."""

import base64
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer

from schemas.pipeline import DeadLetter
from streams import dead_letters
from streams.clock import now
from streams.dead_letters import Letter
from streams.errors import BrokerUnavailableError
from tests.builders import mention, raw
from tests.integration.streams.helpers import (
    PARTITIONS,
    PATIENCE_SEC,
    Lane,
    Services,
    one_line_of,
    wait_for,
)

BINARY = bytes(range(256))
KEY = b"\x00\xffkey"
KINDS: list[bytes | None] = [BINARY, b"", None, b'{"type":"opinion"}', "café".encode("latin-1")]
VALUES = KINDS * 12
ORIGIN = "escucha-replay-of"
KEYS = [*[KEY] * 58, b"", None]


@dataclass(frozen=True)
class Refusal:
    """How a worker with a low ceiling ended, and what it had stored by then."""

    exit_code: int
    said: str
    stored: dict[str, int]


@pytest.fixture(scope="module")
def lane(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Lane:
    """One good mention, and sixty records behind it that are none."""
    lane = Lane.make(services, tmp_path_factory.mktemp("letters"))
    lane.produce([raw(mention(f"csv:{lane.topic_id}"))], key=KEY)
    for key, values in itertools.groupby(zip(KEYS, VALUES, strict=True), lambda pair: pair[0]):
        lane.produce([value for _, value in values], key=key)
    return lane


@pytest.fixture(scope="module")
def refusal(lane: Lane) -> Refusal:
    with lane.worker(dead_letter_ceiling=50) as worker:
        code = worker.wait()
    tables = ("ledger", "mentions", "dead_letters")
    return Refusal(code, worker.said, {table: lane.count(table) for table in tables})


@pytest.fixture(scope="module")
def letters(lane: Lane, refusal: Refusal) -> Lane:
    """The same, let through to the dead letters by the next worker."""
    with lane.worker(dead_letter_ceiling=60) as worker:
        wait_for(lambda: lane.count("dead_letters") == len(VALUES), "the dead letters")
        assert lane.balance_once_settled().problems == []
        assert worker.terminate() == 0
    assert lane.count("mentions") == 1
    return lane


def test_too_many_in_a_row_stop_the_worker_before_it_stores_any(
    lane: Lane, refusal: Refusal
) -> None:
    assert refusal.exit_code == 70
    [line] = [line for line in refusal.said.splitlines() if "streams.worker" in line]
    assert f"51 dead letters in a row in {lane.topic}/0 up to offset 51" in line
    assert "raise ESCUCHA_DEAD_LETTER_CEILING" in line
    assert "Traceback" not in refusal.said
    assert refusal.stored == {"ledger": 0, "mentions": 0, "dead_letters": 0}


def test_other_programs_are_told_of_each_letter(letters: Lane) -> None:
    told = [
        msgspec.json.decode(record["value"], type=DeadLetter)
        for record in letters.records("dead_letters.v1")
        if record["key"].startswith(f"{letters.topic}/".encode())
    ]

    assert [letter.offset for letter in told] == list(range(1, 61))
    assert [letter.value for letter in told] == VALUES
    assert [letter.stage for letter in told[:5]] == [
        "decode",
        "decode",
        "decode",
        "validate",
        "decode",
    ]
    assert [letter.key for letter in told] == KEYS
    assert [letter.value_size for letter in told] == [len(value or b"") for value in VALUES]


def test_a_letter_is_shown_with_its_bytes(letters: Lane) -> None:
    result = letters.run("dead-letters", "show", f"{letters.topic}/0/1")

    assert result.returncode == 0
    letter = json.loads(result.stdout)
    assert base64.b64decode(letter["value"]) == BINARY
    assert base64.b64decode(letter["key"]) == KEY
    assert (letter["topic_id"], letter["offset"]) == (letters.topic_id, 1)
    assert "malformed" in letter["reason"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "name a letter as topic/partition/offset"),
        ("topic/0/-1", "name a letter as topic/partition/offset"),
        ("topic/0/1; DROP TABLE dead_letters", "name a letter as topic/partition/offset"),
        ("topic/0/7", "there is no such dead letter"),
        ("{topic}/0/0", "there is no such dead letter"),  # this one was good
    ],
)
def test_a_wrong_name_is_refused_in_a_line(letters: Lane, name: str, says: str) -> None:
    result = letters.run("dead-letters", "show", name.format(topic=letters.topic))

    assert result.returncode == 1
    assert result.stdout == b""
    assert says in one_line_of(result)


def test_letters_go_back_once_with_the_bytes_they_had(letters: Lane) -> None:
    def replay(*arguments: str) -> str:
        result = letters.run("dead-letters", "replay", *arguments)
        assert result.returncode == 0, result.stderr.decode()
        return (result.stdout + result.stderr).decode()

    def sent() -> list[dict[str, Any]]:
        return letters.records(partitions=PARTITIONS)[1 + len(VALUES) :]

    def waiting(*arguments: str) -> int:
        listed = letters.run("dead-letters", "list", *arguments).stdout.decode().splitlines()
        return sum(int(line.split()[0]) for line in listed)

    assert "0 letters would be sent again" in replay("--topic", "orders.v1")
    assert "60 letters would be sent again" in replay("--topic", letters.topic)
    assert waiting("--topic", "orders.v1") == 0
    assert waiting("--topic", letters.topic) == 60
    waited = waiting()
    planned = replay("--reason", "EMPTY record")
    assert [line for line in planned.splitlines() if line.startswith(letters.topic)] == [
        f"{letters.topic}/0/{offset}: empty record"
        for offset in range(1, 61)
        if not VALUES[offset - 1]
    ]
    assert sent() == []
    assert waiting() == waited

    replay("--no-dry-run")  # also what other tests left behind, to their own topics
    assert waiting() == 0
    assert "0 letters sent again" in replay("--no-dry-run")
    assert "0 letters would be sent again" in replay()

    # Without a key the partition is anyone's; the header tells them apart.
    again = sorted(sent(), key=lambda record: int(record["headers"][ORIGIN].split(b"/")[-1]))
    assert [record["value"] for record in again] == VALUES
    assert [record["key"] for record in again] == KEYS
    assert [record["headers"] for record in again] == [
        {ORIGIN: f"{letters.topic_id}/0/{offset}".encode()} for offset in range(1, 61)
    ]


def test_a_letter_that_is_too_large_holds_up_none_of_those_behind_it(
    services: Services, tmp_path: Path
) -> None:
    lane = Lane.make(services, tmp_path)

    def letter(offset: int, value: bytes) -> Letter:
        return Letter(
            topic=lane.topic,
            topic_id=lane.topic_id,
            partition=0,
            offset=offset,
            stage="decode",
            reason="made up",
            key=f"author-{offset % 20}".encode(),
            value=value,
            kafka_timestamp=now(),
            replayed=False,
        )

    # The second one is over what librdkafka sends by default, the third over what it can hold.
    values = [b"small", b"x" * 1_020_000, b"x" * 17_000_000, *[b"small"] * 40]
    letters = [letter(offset, value) for offset, value in enumerate(values)]

    with lane.client() as client, pytest.raises(BrokerUnavailableError, match="42 of 43"):
        dead_letters.replay(lane.settings, client, letters)

    sent = lane.records(partitions=PARTITIONS)
    assert sorted(len(record["value"]) for record in sent) == [*[5] * 41, 1_020_000]
    assert lane.count("dead_letter_replays") == 42
    by_author = {record["key"]: record["partition"] for record in sent}
    assert by_author == partitions_of_java(lane, list(by_author))


def partitions_of_java(lane: Lane, keys: list[bytes]) -> dict[bytes, int]:
    """Where the Java clients' partitioner, which all producers share, puts each key."""
    bootstrap = lane.settings.kafka_bootstrap
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2"})
    found: dict[bytes, int] = {}
    for key in keys:
        producer.produce(
            lane.topic, key=key, on_delivery=lambda _, m: found.update({m.key(): m.partition()})
        )
    assert producer.flush(PATIENCE_SEC) == 0
    return found


def test_a_list_that_is_cut_says_how_much_it_leaves_out(lane: Lane) -> None:
    with lane.client() as client:
        client.command(
            """INSERT INTO dead_letters (stage, reason, topic, topic_id, kafka_offset)
            SELECT 'decode', 'reason ' || toString(number), 'cut.v1', 'cut', number
            FROM numbers(203)"""
        )
        whole = lane.run("dead-letters", "list", "--topic", lane.topic)
        cut = lane.run("dead-letters", "list", "--topic", "cut.v1")
        client.command("DELETE FROM dead_letters WHERE topic = 'cut.v1'")
    assert (whole.returncode, whole.stderr) == (0, b"")
    assert cut.returncode == 0
    assert len(cut.stdout.splitlines()) == 200
    assert cut.stderr == b"3 more reasons, each with no more letters than the last one.\n"
