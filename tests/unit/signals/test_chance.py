"""The false-alarm rate in closed form, against sums, the standard library and simulation."""

import math

import numpy as np
import pytest

from streams.signals.emerging.chance import log_alarm_rate, log_gamma, log_negative_binomial


def test_log_gamma_is_that_of_the_standard_library() -> None:
    x = np.array([1e-4, 0.02, 0.5, 1.0, 2.0, 7.9, 8.1, 55.5, 1e4, 1e6])
    assert log_gamma(x) == pytest.approx([math.lgamma(v) for v in x], rel=1e-11, abs=1e-11)


@pytest.mark.parametrize(("mean", "size"), [(0.3, 0.5), (5.0, 2.0), (40.0, 1e5)])
def test_probabilities_sum_to_one_and_have_the_mean(mean: float, size: float) -> None:
    k = np.arange(3_000.0)
    p = np.exp(log_negative_binomial(k, np.full(len(k), mean), np.full(len(k), size)))
    assert p.sum() == pytest.approx(1.0, abs=1e-6)
    assert (k * p).sum() == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize("size", [1e6, 3.0])
def test_alarms_of_a_sliding_window_come_as_often_as_the_formula_says(size: float) -> None:
    """Many independent stretches, each with a rate of its own, scanned at every event."""
    rng = np.random.default_rng(4)
    per_hour, hours, stretches, threshold = 2.0, 60.0, 4_000, 9
    starts = 0
    for rate in rng.gamma(size, per_hour / size, stretches):
        at = np.sort(rng.random(rng.poisson(rate * hours)) * hours)
        inside = np.arange(1, len(at) + 1) - np.searchsorted(at, at - 1.0, side="right")
        high = at[(inside >= threshold) & (at > 1.0)]
        starts += int(len(high) > 0) + int((np.diff(high) > 1.0).sum())
    rate = log_alarm_rate(np.array(threshold), np.array(per_hour), np.array(size), np.array(1.0))
    expected = float(np.exp(rate)) * (hours - 1.0) * stretches
    assert starts == pytest.approx(expected, rel=0.1)


def test_rarer_when_more_were_heard_and_never_at_or_below_the_mean() -> None:
    k = np.arange(0.0, 60.0)
    rates = log_alarm_rate(k, np.full(60, 5.0), np.full(60, 2.0), np.array(1.0))
    assert np.isinf(rates[:6]).all()
    assert (np.diff(rates[12:]) < 0).all()
