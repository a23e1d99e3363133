"""A short round of each target in every run of the suite; `make fuzz` is the long one.

The mutations are the project's own and not hypothesis's: hypothesis takes milliseconds for an
example, most parsers here take microseconds for one, and what is to be mutated are whole golden
messages. Where the shape of an input is small and known, the parsers' own tests use hypothesis.
"""

import random

import pytest

from tests.fuzz.engine import Result, Target, fuzz, plain, run_one
from tests.fuzz.mutate import LONGEST_BYTES, Mutator, Shape
from tests.fuzz.targets import TARGETS

# By processor time: what costs milliseconds an input gets fewer.
INPUTS = {
    "events": 1_500, "worker": 25, "csv": 60, "orders-csv": 60, "jsonl": 60, "parquet": 80,
    "rule": 60, "listening": 40, "rss": 60, "html": 300, "webhook": 60, "webhook-wire": 60,
    "model": 6, "model-card": 60, "model-current": 60, "labels-table": 60,
}  # fmt: skip
USUAL_INPUTS = 400
APART = {"console"}  # tests/browser/test_console_fuzz.py has a ClickHouse already


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in APART])
def test_nothing_but_events_and_refusals_comes_of_any_input(name: str) -> None:
    target = TARGETS[name]
    seeds = len(target.seeds())
    result = fuzz(target, seed=20_261_130, inputs=seeds + INPUTS.get(name, USUAL_INPUTS))
    assert [
        f"{crash.why}\n{crash.content[:300]!r}\n{crash.trace}" for crash in result.crashes
    ] == []
    assert len(result.outcomes) > 1  # a target that says one thing of all tests nothing


def fragile(content: bytes) -> str:
    """A parser with a fault of each kind."""
    if b"\xff" in content:
        raise KeyError("a fault")
    while b"NaN" in content:
        pass
    return "fine" if content.startswith(b"{") else "refused"


def brittle(content: bytes) -> str:
    """A parser with one fault."""
    if b"\xff" in content:
        raise KeyError("a fault")
    return "fine" if content.startswith(b"{") else "refused"


@pytest.mark.parametrize(("content", "why"), [(b"\xff", "KeyError"), (b'{"a": NaN}', "HangError")])
def test_the_engine_finds_faults(content: bytes, why: str) -> None:
    target = Target(
        name="fragile", what="", seeds=lambda: [b'{"a": 1}'], open=plain(fragile), most_sec=0.2
    )
    result = Result("fragile")
    run_one(target, fragile, content, result)
    assert result.crashes[0].why.startswith(why)
    assert result.outcomes == {f"CRASH {why}": 1}


def test_a_fault_is_found_by_mutations_and_told_once() -> None:
    target = Target(
        name="brittle", what="", seeds=lambda: [b'{"a": "b"}'], open=plain(brittle), shape="bytes"
    )
    result = fuzz(target, seed=1, inputs=3_000)
    assert [crash.why.partition(":")[0] for crash in result.crashes] == ["KeyError"]


@pytest.mark.parametrize("shape", ["bytes", "text", "json", "lines"])
def test_a_seed_tells_all_mutations_and_none_is_boundless(shape: Shape) -> None:
    seed = b'{"type": "mention", "likes": 3, "text": "hola", "of": [{"a": null}]}'

    def made(number: int) -> list[bytes]:
        mutator = Mutator(random.Random(number), (b"word",))
        return [mutator.of(seed, seed, shape) for _ in range(300)]

    assert made(7) == made(7)
    assert made(7) != made(8)
    assert len(set(made(7))) > 200
    assert max(map(len, made(7))) <= LONGEST_BYTES
