"""What the metrics say of batches that went through the real pipeline."""

import ast
from pathlib import Path
from typing import get_args

from prometheus_client.parser import text_string_to_metric_families

from streams import metrics
from streams.metrics import Metrics
from streams.observer import FATES, Observer
from tests.builders import FakeRecord, deliver, heartbeat, make_worker, mention, process_all, raw
from tests.memory_clickhouse import MemoryClickHouse

TOPIC = "mentions.raw.v1"


def read(kept: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Samples by name and values of their labels (by name), as another program reads them."""
    return {
        (sample.name, tuple(v for _, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(kept.text().decode())
        for sample in family.samples
    }


async def through(log: list[FakeRecord], observer: Observer, *, max_records: int = 100) -> None:
    worker = make_worker(MemoryClickHouse(), observer=observer)
    _, batches = await deliver(worker.pipeline, log, max_records=max_records)
    for batch in batches:
        batch.fetched_at, batch.fetch_sec = 1.0, 0.5
    assert await process_all(worker.pipeline, batches) == [None] * len(batches)


async def test_every_record_is_counted_under_what_became_of_it() -> None:
    observer = Observer()
    log = [
        FakeRecord(0, raw(mention("csv:1"))),
        FakeRecord(1, raw(mention("csv:2"))),
        FakeRecord(2, raw(mention("csv:1"))),
        FakeRecord(3, b"{"),
        FakeRecord(4, raw(heartbeat())),
    ]
    await through(log, observer)

    found = read(observer.metrics)
    fates = {k[1][0]: v for k, v in found.items() if k[0] == "escucha_records_total"}
    assert fates == {"mentions": 2, "duplicates": 1, "dead_letters": 1, "heartbeats": 1}
    assert found["escucha_batches_total", (TOPIC,)] == 1
    assert found["escucha_batch_records_sum", (TOPIC,)] == 5
    assert found["escucha_last_acknowledged_timestamp_seconds", ()] > 1.7e9


async def test_each_step_is_timed_once_a_batch_however_many_mentions_it_has() -> None:
    observer = Observer()
    await through([FakeRecord(n, raw(mention(f"csv:{n}"))) for n in range(60)], observer)

    found = read(observer.metrics)
    counts = {k[1]: v for k, v in found.items() if k[0] == "escucha_step_seconds_count"}
    assert counts == {(step,): 1 for step in get_args(metrics.Step)}
    assert found["escucha_step_seconds_sum", ("fetch",)] == 0.5
    few = Observer()
    await through([FakeRecord(0, raw(mention()))], few)
    assert read(few.metrics).keys() == found.keys()  # series do not grow with what is said


async def test_freshness_is_that_of_the_oldest_heartbeat_of_the_batch() -> None:
    observer = Observer()
    beats = [heartbeat(1, sent_at="2026-07-04T10:00:00Z"), heartbeat(2)]
    await through([FakeRecord(n, raw(beat)) for n, beat in enumerate(beats)], observer)

    found = read(observer.metrics)
    assert found["escucha_freshness_seconds_count", ()] == 1
    newest = found["escucha_last_heartbeat_timestamp_seconds", ()]
    assert newest >= 1_783_159_200


async def test_a_batch_that_another_worker_has_is_given_up_and_counts_nowhere_else() -> None:
    clickhouse, observer = MemoryClickHouse(), Observer()
    log = [FakeRecord(0, raw(mention()))]
    first, second = make_worker(clickhouse), make_worker(clickhouse, "w2", observer=observer)
    delivery, batches = await deliver(second.pipeline, log)
    _, others = await deliver(first.pipeline, log)
    await process_all(first.pipeline, others)
    delivery.close()
    await process_all(second.pipeline, batches)

    found = read(observer.metrics)
    assert found["escucha_batches_given_up_total", (TOPIC,)] == 1
    assert ("escucha_batches_total", (TOPIC,)) not in found


def test_what_a_gauge_read_under_other_labels_is_gone() -> None:
    kept = Metrics()
    kept.show_all("escucha_lag_records", {("a", "0"): 1, ("a", "1"): 2})
    kept.show_all("escucha_lag_records", {("a", "1"): 3})

    lags = {k[1]: v for k, v in read(kept).items() if k[0] == "escucha_lag_records"}
    assert lags == {("1", "a"): 3}


def test_what_is_not_known_is_not_said() -> None:
    assert ("escucha_ledger_gaps", ()) not in read(Metrics())


def test_every_name_is_defined_and_says_its_unit() -> None:
    defined = {**metrics.COUNTED, **metrics.OBSERVED, **metrics.SHOWN}
    assert set(metrics.NAMES) == set(defined)
    assert all(name.endswith("_total") for name in metrics.COUNTED)
    assert all(one.help.endswith(".") for one in defined.values())


def test_every_name_has_a_comment_and_stands_in_the_runbook() -> None:
    source = Path(metrics.__file__)
    commented = {
        line.strip().split(",")[0].strip('"')
        for line in source.read_text().splitlines()
        if line.strip().startswith('"escucha_') and ",  # " in line
    }
    assert commented == set(metrics.NAMES)
    runbook = (source.parents[1] / "deploy" / "RUNBOOK.md").read_text()
    assert {name for name in metrics.NAMES if name not in runbook} == set()


def test_the_observer_knows_every_fate_of_the_ledger() -> None:
    tree = ast.parse((Path(metrics.__file__).parent / "ledger.py").read_text())
    [plan] = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == "Plan"]
    fields = [n for n in plan.body if isinstance(n, ast.AnnAssign)]
    counts = {
        field.target.id
        for field in fields
        if isinstance(field.target, ast.Name)
        and field.value is not None
        and ast.unparse(field.annotation) == "int"
    }
    assert counts == set(FATES)
