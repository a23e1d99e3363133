"""Whatever is done to a golden message, decoder and JSON Schema agree about what comes out."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.schemas.judges import examples, refusal, valid, validator

GOOD = examples("good")

TIMES = st.from_regex(
    r"[0-9]{4}-[01][0-9]-[012][0-8][Tt _]?[0-2][0-9]:[0-6][0-9](:[0-6][0-9])?(\.[0-9]{0,9})?"
    r"(Z|z|[+-][0-2][0-9]:?[0-6][0-9]|)",
    fullmatch=True,
)
# Whole floats are left out: valid in JSON Schema, refused by the decoder, as generate.py says.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.sampled_from([0, 1, 10, 11, 2**53, 2**53 + 1, -1, 0.5, -0.5]),
    st.text(max_size=20),
    st.text(alphabet="aZ09:_- \t\n.é=+/", max_size=12),
    st.sampled_from(["", " ", "a", "a ", "csv:1", "csv:", "post", "EUR", "1.50", "es-ES", "YQ=="]),
    st.sampled_from(["open", "active", "advocacy", "decode", "mention", "heartbeat", "x" * 2049]),
    st.sampled_from(["a:" + "b" * 510, "a:" + "b" * 511, "😀" * 2048, "😀" * 2049]),
    TIMES,
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["id", "likes", "x"]), SCALARS, max_size=2),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a message that can be changed."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield (*path, index)
            yield from places(value, (*path, index))


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    example = draw(st.sampled_from(GOOD))
    message = copy.deepcopy(json.loads(example.raw))
    for _ in range(draw(st.integers(1, 2))):
        *outer, last = draw(st.sampled_from([*places(message), ("new",)]))
        node = message
        for step in outer:
            node = node[step]
        if draw(st.booleans()) or last == "new":
            node[last] = draw(VALUES)
        else:
            del node[last]
        if not message:
            break
    return example.contract, json.dumps(message).encode()


@settings(max_examples=1_500, deadline=None)
@given(message=mutated())
def test_decoder_and_schema_agree(message: tuple[str, bytes]) -> None:
    contract, raw = message

    assert (refusal(contract, raw) is None) == valid(contract, raw), refusal(contract, raw)


@settings(max_examples=1_000, deadline=None)
@given(text=TIMES)
def test_they_agree_about_times(text: str) -> None:
    raw = json.dumps({"producer": "a", "sequence": 0, "sent_at": text, "type": "heartbeat"})

    taken = refusal("Heartbeat", raw.encode()) is None

    assert taken == validator("Heartbeat").is_valid(json.loads(raw))


@pytest.mark.parametrize("number", ["1.0", "1e2"])
def test_the_known_difference_about_whole_numbers(number: str) -> None:
    raw = b'{"type":"heartbeat","producer":"a","sequence":%b,"sent_at":"2026-07-04T10:00:00Z"}'
    raw %= number.encode()

    assert refusal("Event", raw) is not None
    assert valid("Event", raw)


def test_the_known_difference_about_days_no_month_has() -> None:
    raw = b'{"type":"heartbeat","producer":"a","sequence":1,"sent_at":"2026-02-30T10:00:00Z"}'

    assert refusal("Event", raw) is not None
    assert valid("Event", raw)


def test_the_known_difference_about_the_type_of_a_struct_alone() -> None:
    raw = b'{"producer":"a","sequence":1,"sent_at":"2026-07-04T10:00:00Z"}'

    assert refusal("Heartbeat", raw) is None
    assert not valid("Heartbeat", raw)
    assert refusal("Event", raw) is not None
    assert not valid("Event", raw)
