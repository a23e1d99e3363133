"""The calculator agrees with itself, from a shop to ten times all of Bluesky."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from streams.operate import sizing
from streams.operate.sizing import BLUESKY_PER_SEC, Load, describe, size


def test_a_small_load_fits_the_smallest_installation() -> None:
    plan = size(Load(events_per_sec=5))
    assert (plan.workers, plan.partitions, plan.clickhouse_cores) == (1, 6, 1.0)
    assert plan.warnings == []


@pytest.mark.parametrize("events_per_sec", [1, 100, BLUESKY_PER_SEC, BLUESKY_PER_SEC * 10])
def test_workers_bear_the_peak_with_room(events_per_sec: float) -> None:
    plan = size(Load(events_per_sec=events_per_sec))
    can = plan.workers / (sizing.WORKER_US / 1e6)
    assert can * sizing.FULL >= events_per_sec * plan.load.peak
    assert plan.partitions >= plan.workers * sizing.PARTITIONS_A_WORKER
    assert f"{events_per_sec:,.0f} a second" in describe(plan)


def test_everything_grows_with_the_load() -> None:
    plans = [size(Load(events_per_sec=10.0**power)) for power in range(5)]
    for less, more in pairwise(plans):
        assert more.clickhouse_disk_gb > less.clickhouse_disk_gb
        assert more.kafka_disk_gb > less.kafka_disk_gb
        assert more.cost_a_month > less.cost_a_month
        assert more.workers >= less.workers


def test_what_is_not_kept_costs_no_disk_and_less_processor() -> None:
    everything = size(Load(events_per_sec=3_000))
    one_in_a_hundred = size(Load(events_per_sec=3_000, kept_share=0.01))
    assert one_in_a_hundred.clickhouse_disk_gb == pytest.approx(everything.clickhouse_disk_gb / 100)
    assert one_in_a_hundred.worker_cores < everything.worker_cores
    assert one_in_a_hundred.kafka_disk_gb == everything.kafka_disk_gb


def test_disk_is_days_times_bytes() -> None:
    plan = size(Load(events_per_sec=10, days=100))
    expected = 10 * 86_400 * 100 * sizing.MENTION_BYTES * sizing.COPIES_ON_DISK / 1e9
    assert plan.clickhouse_disk_gb == pytest.approx(expected)


def test_what_was_never_measured_is_said() -> None:
    told = describe(size(Load(events_per_sec=BLUESKY_PER_SEC * 11)))
    assert "nothing was thought through" in told
    assert "more than three were never measured" in told


def test_the_table_in_the_runbook_is_what_the_calculator_says() -> None:
    runbook = Path(sizing.__file__).parents[2] / "deploy" / "RUNBOOK.md"
    rows = re.findall(
        r"^\| (?:a|an|all|ten) [^|]*?(everything|2 %) kept \| ([\d,]+) \| (\d+) \| (\d+)"
        r" \| ([\d.]+) cores, ([\d,]+) GB \| ([\d,]+) GB \|$",
        runbook.read_text(),
        flags=re.MULTILINE,
    )
    assert len(rows) == 7
    for kept, events, partitions, workers, cores, disk, kafka in rows:
        share = 1.0 if kept == "everything" else 0.02
        plan = size(Load(events_per_sec=float(events.replace(",", "")), kept_share=share))
        assert (str(plan.partitions), str(plan.workers)) == (partitions, workers)
        assert f"{plan.clickhouse_cores:.1f}" == cores
        assert (f"{plan.clickhouse_disk_gb:,.0f}", f"{plan.kafka_disk_gb:,.0f}") == (disk, kafka)
