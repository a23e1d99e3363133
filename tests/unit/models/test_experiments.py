"""The chart of the tries is drawn from their figures."""

import json
from xml.etree import ElementTree

from tests.bench.quality_chart import CHART, FIGURES, chart


def test_the_chart_shows_the_figures() -> None:
    tries = json.loads(FIGURES.read_text("utf-8"))["tries"]
    drawn = CHART.read_text("utf-8")

    assert drawn == chart(tries), "python -m tests.bench.quality_chart draws it"
    marks = [e for e in ElementTree.fromstring(drawn).iter() if e.tag.endswith("circle")]  # noqa: S314
    assert len(marks) == 2 * len(tries) + 2
    for one in tries:
        assert one["rate"] > 0
        assert 0 < one["es"] < 1
        assert 0 < one["en"] < 1
