"""The stated rate of false alarms, against counting and against the law."""

import numpy as np
import pytest

from streams.signals.emerging.chance import (
    begins_sec,
    log_alarm_rate,
    log_evidence,
    log_likelihood_ratio,
)
from streams.signals.emerging.points import HOUR_SEC, WEEK_SEC

WINDOWS = np.array([1_200.0, 3_600.0, 14_400.0])
DEVIATIONS = (2.0, 4.0)


@pytest.mark.parametrize(("mean", "size"), [(0.3, 0.5), (5.0, 2.0), (40.0, 1e5)])
def test_a_likelihood_ratio_is_one_on_average(mean: float, size: float) -> None:
    rng = np.random.default_rng(1)
    heard = rng.poisson(rng.gamma(size, mean / size, 400_000)).astype(np.float64)
    whole = np.full(len(heard), mean)
    ratio = log_likelihood_ratio(heard, whole, np.full(len(heard), size), np.sqrt(whole) / 2)
    assert np.exp(ratio).mean() == pytest.approx(1.0, rel=0.02)


def test_begins_fill_the_time_up_to_the_longest_window() -> None:
    assert begins_sec(WINDOWS).sum() == WINDOWS[-1]
    assert (begins_sec(WINDOWS) > 0).all()
    assert begins_sec(WINDOWS[:1]) == WINDOWS[:1]


@pytest.mark.parametrize("size", [1e6, 5.0])
@pytest.mark.parametrize("stated", [20.0, 2.0])
def test_alarms_come_no_oftener_than_stated_and_not_much_more_seldom(
    size: float, stated: float
) -> None:
    """Many independent weeks, each with a rate of its own, looked at with every event."""
    rng = np.random.default_rng(4)
    per_hour, weeks = 2.0, 1_500
    alarms = 0
    for rate in rng.gamma(size, per_hour / size, weeks):
        at = np.sort(rng.random(rng.poisson(rate * 168)) * WEEK_SEC)
        evidences = []
        for window in WINDOWS:
            heard = np.arange(1, len(at) + 1) - np.searchsorted(at, at - window, side="right")
            mean = np.full(len(at), per_hour * window / HOUR_SEC)
            evidences.append(
                log_evidence(heard.astype(float), mean, np.full(len(at), size), DEVIATIONS)
            )
        high = at[(log_alarm_rate(evidences, WINDOWS) <= np.log(stated)) & (at > WINDOWS[-1])]
        alarms += int(len(high) > 0) + int((np.diff(high) > WINDOWS[-1]).sum())
    assert stated / 15 < alarms / weeks <= stated


def test_rarer_when_more_was_heard() -> None:
    k = np.arange(0.0, 60.0)
    evidences = [log_evidence(k, np.full(60, 5.0), np.full(60, 2.0), DEVIATIONS) for _ in WINDOWS]
    rates = log_alarm_rate(evidences, WINDOWS)
    assert (np.diff(rates) < 0).all()
    assert np.isinf(log_alarm_rate([np.array([-np.inf])] * 3, WINDOWS)).all()
