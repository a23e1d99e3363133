"""Records of Kafka's topics: by themselves, and in a batch that goes all the way to its rows."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.store import ModelStore
from schemas.mention import Mention
from streams.model_book import ModelsInForce
from streams.steps.business import KINDS, KindName, decode_business_batch
from streams.steps.decode import decode_batch
from tests.builders import (
    LISTENING,
    FakeRecord,
    FixedModels,
    FixedRules,
    deliver,
    make_worker,
    mention,
    process_all,
    raw,
)
from tests.end_to_end.malformed import MALFORMED
from tests.fuzz.engine import Target, plain
from tests.fuzz.outcomes import refused
from tests.memory_clickhouse import MemoryClickHouse

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
SHIPPED = ModelStore(Path(__file__).parents[3] / "models" / "shipped")
WRITTEN_AT_MS = 1_783_800_000_000  # 2026-07-11, after all that the golden examples tell of
FIREHOSE = LISTENING.replace("firehose: matched", "firehose: matched, csv: everything")
LAYERS = ("mentions", "interactions", "deletions", "heartbeats", "dead_letters")


def examples(*beginnings: str) -> Callable[[], Sequence[bytes]]:
    """The golden messages, good and bad, whose names begin so."""

    def found() -> Sequence[bytes]:
        paths = sorted(EXAMPLES.glob("*/*.json"))
        return [path.read_bytes() for path in paths if path.name.startswith(beginnings)]

    return found


def event_seeds() -> Sequence[bytes]:
    """Golden messages, and each way in which the long test makes records wrong."""
    made = [maker(mention(author={"id": "a", "handle": "ana"})) for maker in MALFORMED.values()]
    return [*examples("mention", "interaction", "heartbeat")(), *(one for one in made if one)]


def events(content: bytes) -> str:
    """One record between two good ones: an event or a dead letter, and the two are there."""
    records = [
        FakeRecord(0, raw(mention("csv:before"))),
        FakeRecord(1, content, timestamp=WRITTEN_AT_MS),
        FakeRecord(2, raw(mention("csv:after"))),
    ]
    decoded = decode_batch(records)
    accounted = {
        record.offset
        for layer in (
            decoded.mention_records,
            decoded.interaction_records,
            decoded.deletion_records,
            decoded.heartbeat_records,
            [one.record for one in decoded.rejected],
        )
        for record in layer
    }
    assert accounted == {0, 1, 2}, accounted
    ids = [m.mention_id for m in decoded.mentions]
    assert (ids[0], ids[-1]) == ("csv:before", "csv:after")
    assert all(type(m) is Mention for m in decoded.mentions)
    for one in decoded.rejected:
        assert one.reason
        assert one.record.offset == 1
        return f"{one.stage}: {refused(ValueError(one.reason))}"
    return "an event"


def business(name: KindName) -> Callable[[bytes], str]:
    """The same for orders, gestures and labels."""
    kind = KINDS[name]
    [good] = [(EXAMPLES / "good" / f"{name[:-1]}.json").read_bytes()]

    def run(content: bytes) -> str:
        records = [
            FakeRecord(n, value, timestamp=WRITTEN_AT_MS)
            for n, value in enumerate((good, content, good))
        ]
        decoded = decode_business_batch(records, kind)
        taken = {record.offset for record in decoded.records}
        refusals = {one.record.offset: one for one in decoded.rejected}
        assert taken | refusals.keys() == {0, 1, 2}
        assert {0, 2} <= taken
        return refused(ValueError(refusals[1].reason)) if refusals else "an event"

    return run


@contextmanager
def worker() -> Iterator[Callable[[bytes], str]]:
    """A worker's pipeline with the real steps and the shipped model; input: a record a line."""
    model: Any = SHIPPED.load(SHIPPED.versions()[-1])
    models = FixedModels(model)
    assert isinstance(models.in_force, ModelsInForce)
    rules = FixedRules(FIREHOSE)

    async def batch(content: bytes) -> str:
        clickhouse = MemoryClickHouse()
        made = make_worker(clickhouse, rules=rules, models=models)
        values = [
            raw(mention("csv:before")),
            *content.split(b"\n")[:300],
            raw(mention("csv:after")),
        ]
        log = [
            FakeRecord(offset, value, timestamp=WRITTEN_AT_MS)
            for offset, value in enumerate(values)
        ]
        _, batches = await deliver(made.pipeline, log)
        for error in await process_all(made.pipeline, batches):
            if error is not None:
                raise error
        stored = {row["mention_id"] for row in clickhouse.tables["mentions"]}
        assert {"csv:before", "csv:after"} <= stored
        [plan] = clickhouse.tables["ledger"]
        account = sum(plan[name] for name in (*LAYERS, "edits", "duplicates", "filtered"))
        assert account == plan["records"] == len(values), dict(plan)
        rows = {name: len(clickhouse.tables.get(name, ())) for name in LAYERS}
        assert rows["dead_letters"] == plan["dead_letters"]
        assert rows["mentions"] == plan["mentions"] + plan["edits"]
        return ", ".join(f"{min(count, 3)} {name}" for name, count in rows.items() if count)

    with asyncio.Runner() as runner:
        yield lambda content: runner.run(batch(content))


def worker_seeds() -> Sequence[bytes]:
    """Batches of several records."""
    good = [one.replace(b"\n", b" ") for one in examples("mention", "interaction")()]
    return [b"\n".join(good[n : n + 6]) for n in range(0, len(good), 3)]


TARGETS = (
    Target(
        name="events", what="mentions.raw.v1: one record between two good ones",
        seeds=event_seeds, open=plain(events), shape="json",
    ),
    *(
        Target(
            name=name, what=f"{name}.v1: one record between two good ones",
            seeds=examples({"orders": "order", "gestures": "gesture", "labels": "label"}[name]),
            open=plain(business(name)), shape="json",
        )
        for name in KINDS
    ),
    Target(
        name="worker", what="a batch through every step and the shipped model to its rows",
        seeds=worker_seeds, open=worker, shape="lines", most_sec=20.0,
    ),
)  # fmt: skip
