"""What a soak says of a series, without the half hour."""

from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.end_to_end.soak import trend
from tests.end_to_end.soak_plot import plot

NOISE = np.random.default_rng(7).normal(0, 1, 27)


@pytest.mark.parametrize(
    ("series", "verdict"),
    [
        (400 + NOISE, "flat"),
        (400 + NOISE - 2 * np.arange(27), "flat"),  # what shrinks does no harm
        (400 + NOISE + 4 * np.arange(27), "grows"),
        (400 + 300 * (-1) ** np.arange(27), "does not tell"),
    ],
)
def test_a_series_is_flat_or_grows_only_where_its_interval_says_so(
    series: np.ndarray, verdict: str
) -> None:
    assert trend(list(series)).verdict == verdict


def test_the_interval_is_that_of_a_textbook() -> None:
    """Slope 0.6, its standard error 0.4 / sqrt(5) = 0.2…, t of two degrees of freedom 4.30."""
    found = trend([1.0, 2.0, 2.0, 3.0])
    assert found.slope == pytest.approx(0.6)
    error = ((0.1**2 + 0.3**2 + 0.3**2 + 0.1**2) / 2 / 5) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.6 - 4.30 * error, 0.6 + 4.30 * error))


def test_the_plot_is_a_drawing_with_a_line_and_a_verdict_for_each_series() -> None:
    series = {"worker MB": [400.0, 401.0, 400.0, 402.0], "p95 ms": [90.0, 80.0, 85.0, 88.0]}
    trends: dict[str, Any] = {
        name: asdict(found) | {"verdict": found.verdict}
        for name, found in ((name, trend(values)) for name, values in series.items())
    }
    document = {"series": series, "trends": trends, "command": "a < b", "events": 7}
    drawn = ElementTree.fromstring(plot({**document, "date": "2026", "warm_up_minutes": 1}))  # noqa: S314
    lines = drawn.findall("{*}polyline")
    assert [len(str(line.get("points")).split()) for line in lines] == [4, 4]
    said = " ".join(text.text or "" for text in drawn.findall("{*}text"))
    assert "worker MB: flat" in said
    assert "p95 ms: " in said
