"""How people name a dead letter on the command line."""

from typing import Any

import pytest

from streams import dead_letters
from streams.clock import from_milliseconds
from streams.errors import InputError
from tests.builders import WRITTEN_AT_MS


class OneLetter:
    """A client that has one letter and notes what it is asked."""

    def __init__(self, rows: list[list[Any]]) -> None:
        self.result_rows = rows
        self.parameters: dict[str, Any] = {}

    def query(self, query: str, parameters: dict[str, Any], **_: Any) -> "OneLetter":
        self.parameters = parameters
        return self


ROW = ["a/b", "id", 3, 17, "decode", "why", b"k", b"v", from_milliseconds(WRITTEN_AT_MS), 1]


@pytest.mark.parametrize(
    ("name", "topic", "partition", "offset"),
    [
        ("mentions.raw.v1/0/0", "mentions.raw.v1", 0, 0),
        ("mentions.raw.v1/11/123456789012", "mentions.raw.v1", 11, 123_456_789_012),
        ("a/b/3/17", "a/b", 3, 17),
    ],
)
def test_a_name_is_topic_partition_and_offset(
    name: str, topic: str, partition: int, offset: int
) -> None:
    client = OneLetter([ROW])
    found = dead_letters.show(client, name)  # type: ignore[arg-type]
    assert client.parameters == {"topic": topic, "partition": partition, "offset": offset}
    assert found.replayed


def test_a_letter_says_the_name_it_is_found_by() -> None:
    letter = dead_letters.show(OneLetter([ROW]), "a/b/3/17")  # type: ignore[arg-type]
    assert letter.name == "a/b/3/17"


@pytest.mark.parametrize(
    "name",
    ["", "/", "//", "topic", "topic/1", "1/2", "topic/x/1", "topic/1/x", "topic/1/", "topic//1",
     "topic/-1/1", "topic/1/-1", "topic/1/1/", "topic/1.0/1", "topic/ 1/1", "/1/2", "t/²/1",
     "t/1/²"],
)  # fmt: skip
def test_what_is_no_name_is_refused_with_the_remedy(name: str) -> None:
    with pytest.raises(InputError, match="name a letter as topic/partition/offset"):
        dead_letters.show(OneLetter([ROW]), name)  # type: ignore[arg-type]


def test_a_letter_that_is_not_there_is_said_so() -> None:
    with pytest.raises(InputError, match="there is no such dead letter"):
        dead_letters.show(OneLetter([]), "topic/1/2")  # type: ignore[arg-type]
