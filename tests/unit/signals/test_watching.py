"""The detector sees the same in whatever order mentions come, and how often."""

from datetime import UTC, datetime

import numpy as np
import pytest

from streams.signals.emerging.lifecycle import Finding, Series
from streams.signals.emerging.points import HOUR_SEC, Floats
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.watching import Heard, counted, learn, look

SETTINGS = DetectorSettings()
NOW = datetime(2026, 7, 6, 18, tzinfo=UTC).timestamp()
SERIES = [Series("brand", "Nimbara", "es"), Series("topic", "price", "es")]
NEW = Series("brand", "Otrora", "es")


def heard(order: np.random.Generator | None, times: int = 1) -> Heard:
    """Weeks of two series, a burst at their end; some people speak several times."""
    rng = np.random.default_rng(3)
    n = 600
    number = rng.integers(0, 2, n)
    at = NOW - rng.random(n) * 20 * 24 * HOUR_SEC
    author = rng.integers(0, 400, n)
    burst = NOW - np.arange(12) * 120.0
    number = np.concatenate([number, np.zeros(12, np.int64)])
    at, author = np.concatenate([at, burst]), np.concatenate([author, np.arange(500, 512)])
    rows = np.tile(np.arange(len(at)), times)
    if order is not None:
        order.shuffle(rows)
    return Heard(
        series=SERIES,
        number=number[rows],
        at_sec=at[rows],
        author=author[rows],
        mention=np.array([f"m{row}" for row in rows], dtype=object),
    )


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_and_twice_gives_identical_findings(seed: int, times: int) -> None:
    first = heard(None)
    again = heard(np.random.default_rng(seed), times)
    usual, usual_again = (learn(one, NOW - HOUR_SEC, SETTINGS) for one in (first, again))
    none: frozenset[Series] = frozenset()

    found = look(first, usual, NOW, none)

    assert [finding.series for finding in found] == [SERIES[0]]
    assert look(again, usual_again, NOW, none) == found
    six_hours = (NOW - 6 * HOUR_SEC, NOW)
    assert counted(again, usual_again, SERIES, *six_hours) == counted(
        first, usual, SERIES, *six_hours
    )


def with_new(at: Floats) -> Heard:
    """Weeks of two series, and a third that nobody ever heard before it came at these moments."""
    known = heard(None)
    return Heard(
        series=[*SERIES, NEW],
        number=np.append(known.number, np.full(len(at), 2)),
        at_sec=np.append(known.at_sec, at),
        author=np.append(known.author, 1_000 + np.arange(len(at))),
        mention=np.append(known.mention, [f"n{k}" for k in range(len(at))]),
    )


def as_learnt(at: Floats, now_sec: float) -> list[Finding]:
    """What is found of the new series right after its usual was learnt anew."""
    so_far = with_new(at[at <= now_sec])
    findings = look(so_far, learn(so_far, now_sec, SETTINGS), now_sec, frozenset())
    return [finding for finding in findings if finding.series == NEW]


def test_a_series_that_begins_with_a_burst_does_not_make_it_usual() -> None:
    """Five minutes before the hour: learnt anew, the hour with the burst is all there is of it."""
    burst = NOW - 300 + np.arange(39) * 9.0
    [during] = as_learnt(burst, NOW - 60)
    [after] = as_learnt(burst, NOW + 60)
    assert during.severity == after.severity == 10
    assert after.observed == 39
    assert after.expected < 2


def test_a_first_burst_that_goes_on_for_hours_stays_unusual() -> None:
    burst = NOW - 300 + np.arange(200) * 120.0  # 30 an hour
    for hour in range(1, 7):
        [found] = as_learnt(burst, NOW + 60 + hour * HOUR_SEC)
        assert found.severity > 1
        assert found.observed > 5 * found.expected


@pytest.mark.parametrize("per_hour", [12, 40])
def test_a_new_series_with_steady_traffic_is_unusual_at_its_start_only(per_hour: int) -> None:
    rng = np.random.default_rng(per_hour)
    steady = NOW - 600 + np.sort(rng.random(36 * per_hour)) * 36 * HOUR_SEC
    assert as_learnt(steady, NOW + 60 + 5 * HOUR_SEC)
    for hour in range(10, 36, 5):
        assert not as_learnt(steady, NOW + 60 + hour * HOUR_SEC)


def test_an_open_series_that_nobody_names_any_more_is_calm() -> None:
    known = heard(None)
    usual = learn(known, NOW - HOUR_SEC, SETTINGS)
    gone = Series("topic", "taken out of the rules", "es")
    [burst, calm] = look(known, usual, NOW, frozenset({gone, SERIES[0]}))
    assert (burst.series, calm.series, calm.last_unusual_at) == (SERIES[0], gone, None)


def test_an_open_series_is_not_calm_before_its_usual_is_known() -> None:
    known = heard(None)
    only_one = known.number == 1
    one = Heard(
        series=SERIES[1:],
        number=known.number[only_one] - 1,
        at_sec=known.at_sec[only_one],
        author=known.author[only_one],
        mention=known.mention[only_one],
    )
    usual = learn(one, NOW - HOUR_SEC, SETTINGS)
    assert look(known, usual, NOW, frozenset({SERIES[0]})) == []
