"""The backtest on invented talk: rates are met, bursts are found, files are read."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from streams.errors import InputError
from streams.signals.emerging.background import Arrival, background
from streams.signals.emerging.backtest import COOL_DOWN_SEC, alarms
from streams.signals.emerging.bursts import SIZES, draw
from streams.signals.emerging.cli import alerts_group
from streams.signals.emerging.measuring import measure
from streams.signals.emerging.oracle import by_chance, rates_of
from streams.signals.emerging.points import DAY_SEC, WEEK_SEC
from streams.signals.emerging.report import svg, text
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.tables import arrivals

SETTINGS = DetectorSettings()


def invented(days: int = 40, per_day: int = 30, series: int = 3) -> list[Arrival]:
    rng = np.random.default_rng(8)
    return [
        Arrival("invented", f"series {k}", "es", "", 1.7e9 + days * DAY_SEC * float(moment))
        for k in range(series)
        for moment in rng.random(days * per_day)
    ]


def test_every_method_keeps_to_the_rate_and_large_bursts_are_found() -> None:
    report = measure(invented(), SETTINGS, parts=1, bursts=72, targets=[1.0], seed=3)
    assert len(report.summaries) == 5
    for summary in report.summaries:
        assert summary.false_alarms <= 1.0
    ours = report.found[0]
    assert ours.method == "escucha"
    assert ours.recall["large"] > 0.9
    assert ours.recall["large"] >= ours.recall["small"]
    assert ours.bursts == 72
    assert "escucha" in text(report)
    assert svg(report).count("<polyline") == 10
    assert msgspec.json.decode(msgspec.json.encode(report))["series"] == 3


def test_nobody_finds_more_than_the_oracle_on_talk_of_chance() -> None:
    report = measure(invented(20), SETTINGS, parts=1, bursts=72, targets=[1.0], seed=3, oracle=True)
    *others, oracle = report.by_chance
    assert len(others) == 5
    assert [s.method for s in report.oracle] == [oracle.method] == ["oracle"]
    assert oracle.false_alarms <= 1.0
    assert all(other.recall <= oracle.recall for other in others)
    assert others[0].method == "escucha"
    assert others[0].recall > 0.7 * oracle.recall
    assert text(report).count("oracle  ") == 2


def test_an_oracle_knows_the_rate_hour_by_hour() -> None:
    rng = np.random.default_rng(2)
    busy = [
        d + (h + 0.5) / 24 for d in range(30) for h in range(8, 20) for _ in range(rng.poisson(9))
    ]
    talk = [
        Arrival("invented", "day", "", "", 1.7e9 // DAY_SEC * DAY_SEC + d * DAY_SEC) for d in busy
    ]
    whole = background(talk, SETTINGS, parts=3, seed=1)
    rates = rates_of(whole)
    noon, night = (
        rates.at(0, np.arange(10, 20) * DAY_SEC + whole.begin_sec[0] // DAY_SEC * DAY_SEC + hour)
        for hour in (12.5 * 3_600, 2.5 * 3_600)
    )
    heard = np.count_nonzero(whole.points.at_sec // 3_600 % 24 == 12) / 90
    assert noon.mean() * 3_600 == pytest.approx(heard, rel=0.15)
    assert night.mean() < 0.15 * noon.mean()
    drawn = by_chance(whole, rates, 5)
    assert len(drawn.points.at_sec) == pytest.approx(len(whole.points.at_sec), rel=0.1)


def test_the_halves_share_nothing_and_series_end_together() -> None:
    whole = background([*invented(40), *invented(20)], SETTINGS, parts=2, seed=1)
    assert len(whole.points.names) == 6
    assert np.ptp(whole.end_sec) < WEEK_SEC
    series, at = whole.points.series, whole.points.at_sec
    tuned = whole.inside(series, at, reported=False)
    reported = whole.inside(series, at, reported=True)
    assert tuned.any()
    assert reported.any()
    assert not (tuned & reported)[at != whole.middle_sec[series]].any()


def test_bursts_are_of_the_size_and_within_the_time_they_say() -> None:
    whole = background(invented(), SETTINGS, parts=1, seed=1)
    bursts = draw(whole, 144, 2, reported=True)
    assert {b.size for b in bursts} == set(SIZES)
    for burst in bursts:
        assert len(burst.at_sec) >= SIZES[burst.size][0]
        assert burst.at_sec.min() >= burst.begin_sec
        assert burst.at_sec.max() <= burst.begin_sec + burst.duration_sec
        assert burst.begin_sec >= whole.middle_sec[burst.series]


def test_an_alarm_is_silent_for_a_while_and_then_rings_again() -> None:
    at = np.array([0.0, 60.0, COOL_DOWN_SEC, COOL_DOWN_SEC + 60, 0.0])
    series = np.array([0, 0, 0, 0, 1])
    assert alarms(series, at, np.ones(5, np.bool_)) == [0, 4]
    assert alarms(series, at, np.array([True, False, True, True, False])) == [0, 2]
    assert alarms(series, at, np.array([False, True, True, True, False])) == [1]


def test_an_alarm_that_never_ends_counts_each_day() -> None:
    at = np.arange(0.0, 3 * DAY_SEC, 3_600.0)
    rung = alarms(np.zeros(len(at), np.int64), at, np.ones(len(at), np.bool_))
    assert at[rung].tolist() == [0.0, DAY_SEC, 2 * DAY_SEC]


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_files_are_read_by_the_names_of_their_columns(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"talk{ending}"
    moment = datetime(2026, 7, 6, tzinfo=UTC)
    rows = [
        {"created_at": moment.isoformat(), "brand": "Nimbara", "author_id": "a", "lang": "es",
         "intent": "active"},
        {"created_at": "no time", "brand": "Nimbara", "author_id": "a", "lang": "es", "intent": ""},
        {"created_at": moment.isoformat(), "brand": "Otra", "author_id": "", "lang": "en",
         "intent": "none"},
    ]  # fmt: skip
    if ending == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = list(arrivals(path))
    assert found == [
        Arrival("talk", "Nimbara", "es", "a", moment.timestamp()),
        Arrival("talk", "Otra", "en", "", moment.timestamp()),
    ]
    assert [a.series for a in arrivals(path, intent="intent")] == ["Nimbara"]
    with pytest.raises(InputError, match="no column when; it has created_at"):
        list(arrivals(path, time="when"))


def test_the_command_says_what_is_too_little(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text('{"time": "2026-07-06T10:00:00Z"}\n')
    result = CliRunner().invoke(alerts_group, ["backtest", str(path)])
    assert isinstance(result.exception, InputError)
    assert "five days" in str(result.exception)
