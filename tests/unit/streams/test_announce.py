"""What other programs are told of a record that cannot be processed."""

import msgspec
import pytest

from schemas.pipeline import DeadLetter, Progress
from streams.announce import MAX_VALUE_BYTES, dead_letter
from streams.clock import now
from streams.steps.decode import Rejected
from tests.builders import FakeRecord

BROKERS_TAKE_BYTES = 1_000_000
PROGRESS = Progress(
    topic="mentions.raw.v1",
    partition=1,
    first_offset=0,
    last_offset=9,
    mentions=3,
    newest_published_at=None,
    stored_at=now(),
)


def told(key: bytes | None, value: bytes | None) -> DeadLetter:
    record = FakeRecord(7, value, key=key)
    encoded = msgspec.json.encode(dead_letter(PROGRESS, Rejected(record, "decode", "made up")))
    assert len(encoded) < BROKERS_TAKE_BYTES
    return msgspec.json.decode(encoded, type=DeadLetter)


@pytest.mark.parametrize("key", [None, b"", b"\x00\xff", b"k" * MAX_VALUE_BYTES])
@pytest.mark.parametrize("value", [None, b"", b"\x00\xff", b"v" * MAX_VALUE_BYTES])
def test_a_letter_has_the_bytes_of_its_record(key: bytes | None, value: bytes | None) -> None:
    letter = told(key, value)

    assert (letter.key, letter.value, letter.value_size) == (key, value, len(value or b""))


def test_what_is_too_large_is_left_out_and_the_rest_is_told() -> None:
    letter = told(b"k" * 900_000, b"v" * 1_040_000)

    assert (letter.key, letter.value, letter.value_size) == (b"", b"", 1_040_000)
    assert (letter.topic, letter.partition, letter.offset) == ("mentions.raw.v1", 1, 7)
