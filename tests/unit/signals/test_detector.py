"""What the baseline learns, what stands out of it, how often that is a false alarm."""

import msgspec
import numpy as np
import pytest

from streams.signals.emerging.backtest import alarms
from streams.signals.emerging.baseline import HOURS, fit
from streams.signals.emerging.detector import score
from streams.signals.emerging.points import DAY_SEC, HOUR_SEC, WEEK_SEC, Floats, Points
from streams.signals.emerging.rivals import Detector
from streams.signals.emerging.settings import DetectorSettings

SETTINGS = DetectorSettings()
MONDAY = 2_600 * WEEK_SEC + 4 * DAY_SEC  # 1970 began on a Thursday
NIGHT_AND_DAY = 1.0 + 0.9 * np.sin(2 * np.pi * (np.arange(HOURS) % 24 - 9) / 24)


def talk(rng: np.random.Generator, per_hour: Floats, weeks: int, *, scatter: float = 0.0) -> Points:
    """Series that keep to one rhythm, each day a little busier or calmer than the last."""
    at, series = [], []
    hours = weeks * HOURS
    for k, level in enumerate(per_hour):
        rate = level * np.tile(NIGHT_AND_DAY, weeks)
        if scatter:
            rate = rate * rng.gamma(1 / scatter, scatter, hours)
        counts = rng.poisson(rate)
        moments = np.repeat(np.arange(hours), counts) + rng.random(counts.sum())
        at.append(MONDAY - hours * HOUR_SEC + moments * HOUR_SEC)
        series.append(np.full(len(moments), k))
    names = [str(k) for k in range(len(per_hour))]
    return Points.make(np.concatenate(series), np.concatenate(at), names)


def test_level_and_rhythm_are_found_again() -> None:
    points = talk(np.random.default_rng(1), np.array([3.0, 0.2, 0.02]), 8)
    baseline = fit(points, MONDAY, SETTINGS)
    assert baseline.level[:2] == pytest.approx([3.0, 0.2], rel=0.25)
    assert baseline.level[2] == pytest.approx(0.02, rel=0.5)  # five events of a fortnight
    rhythm = np.diff(baseline.rhythm_sums, axis=1)
    for of_series in rhythm:
        assert np.corrcoef(of_series, NIGHT_AND_DAY)[0, 1] > 0.9
    one_day = baseline.expected(np.array([0]), np.array([MONDAY]), np.array([MONDAY + DAY_SEC]))
    assert one_day[0] == pytest.approx(72, rel=0.25)


def test_what_comes_later_is_not_looked_at() -> None:
    points = talk(np.random.default_rng(1), np.array([1.0]), 4)
    later = Points.make(
        np.zeros(len(points.at_sec) + 500, np.int64),
        np.concatenate([points.at_sec, MONDAY + np.arange(500.0)]),
        points.names,
    )
    assert fit(later, MONDAY, SETTINGS).level == fit(points, MONDAY, SETTINGS).level


def test_a_silence_that_chance_does_not_explain_is_no_calm() -> None:
    points = talk(np.random.default_rng(2), np.array([2.0]), 6)
    gap = (points.at_sec > MONDAY - 3 * WEEK_SEC) & (points.at_sec < MONDAY - WEEK_SEC)
    heard = Points.make(points.series[~gap], points.at_sec[~gap], points.names)
    assert fit(heard, MONDAY, SETTINGS).level[0] == pytest.approx(2.0, rel=0.15)


def test_an_outbreak_of_the_past_does_not_become_usual() -> None:
    points = talk(np.random.default_rng(3), np.array([1.0]), 6)
    outbreak = MONDAY - WEEK_SEC + np.random.default_rng(3).random(300) * 2 * HOUR_SEC
    with_it = Points.make(
        np.zeros(len(points.at_sec) + 300, np.int64),
        np.concatenate([points.at_sec, outbreak]),
        points.names,
    )
    hour = np.array([0]), np.array([MONDAY]), np.array([MONDAY + 2 * HOUR_SEC])
    usual = fit(points, MONDAY, SETTINGS).expected(*hour)[0]
    assert fit(with_it, MONDAY, SETTINGS).expected(*hour)[0] < 3 * usual


@pytest.mark.parametrize("scatter", [0.0, 0.4])
def test_false_alarms_stay_within_what_is_stated(scatter: float) -> None:
    """120 busy and sparse series over four weeks in which nothing happens."""
    rng = np.random.default_rng(5)
    points = talk(rng, rng.gamma(0.6, 1.0, 120).clip(0.005), 10, scatter=scatter)
    detector = Detector(points, SETTINGS)
    late = points.at_sec > MONDAY - 4 * WEEK_SEC
    series, at = points.series[late], points.at_sec[late]
    scores = detector(points, series, at)
    for stated in (1.0, 0.1):
        counted = len(alarms(series, at, scores >= -np.log(stated)))
        assert 0 < counted <= stated * 120 * 4


def test_a_burst_stands_out_the_more_the_sparser_the_series() -> None:
    points = talk(np.random.default_rng(6), np.array([5.0, 0.05]), 8)
    rates = []
    for series in (0, 1):
        burst = MONDAY + 600 + np.arange(8) * 60.0
        both = Points.make(
            np.append(points.series, np.full(8, series)),
            np.append(points.at_sec, burst),
            points.names,
        )
        baseline = fit(points, MONDAY, SETTINGS)
        rates.append(score(both, baseline, np.array([series]), burst[-1:]).log_rate[0])
    assert rates[1] < rates[0]
    assert rates[1] < np.log(1e-6)


def test_few_people_and_little_history_are_never_an_alert() -> None:
    points = talk(np.random.default_rng(7), np.array([0.001, 0.5]), 8)
    two = MONDAY + np.array([60.0, 120.0])
    both = Points.make(np.append(points.series, [0, 0]), np.append(points.at_sec, two), ["a", "b"])
    baseline = fit(points, MONDAY, SETTINGS)
    assert np.isinf(score(both, baseline, np.array([0]), two[-1:]).log_rate[0])
    young = Points.make(np.zeros(60, np.int64), MONDAY + np.arange(60) * 600.0, ["new"])
    at = MONDAY + 10 * HOUR_SEC
    assert np.isinf(score(young, fit(young, at, SETTINGS), np.array([0]), np.array([at])).log_rate)


def test_more_series_share_the_same_false_alarms() -> None:
    assert SETTINGS.rate_allowed(1) == SETTINGS.per_series_week
    assert SETTINGS.rate_allowed(10_000) * 10_000 == pytest.approx(SETTINGS.all_series_week)


def test_a_version_names_its_settings() -> None:
    other = msgspec.structs.replace(SETTINGS, min_authors=4)
    assert SETTINGS.version == DetectorSettings().version != other.version
