"""Weeks, figures in words, and plots of the weekly report."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from streams.errors import InputError
from streams.report import charts
from streams.report.facts import COMPARED, OF_THE_WEEK, prepared
from streams.report.numbers import Numbers
from streams.report.panels import LANGUAGES, Column, Text, panels
from streams.report.weeks import Week
from streams.report.words import WORDS, Say

NOW = datetime(2026, 11, 30, 0, 0, 1, tzinfo=UTC)  # a Monday, just begun
HOSTILE = "</text><script>x</script>"


@pytest.mark.parametrize(
    ("text", "now", "name"),
    [
        ("last", NOW, "2026-W48"),
        ("last", NOW - timedelta(seconds=2), "2026-W47"),
        ("2026-W49", NOW, "2026-W49"),
        ("2020-W53", NOW, "2020-W53"),
    ],
)
def test_a_week_is_read_as_calendars_number_it(text: str, now: datetime, name: str) -> None:
    week = Week.parse(text, now)

    assert week.name == name
    assert week.monday.weekday() == 0
    assert week.before.monday == week.monday - timedelta(days=7)
    assert week.is_over(now) == (name != "2026-W49")


@pytest.mark.parametrize("text", ["48", "2026-48", "2026-W54", "2027-W01", "2026-W00", "", "now"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--week"):
        Week.parse(text, NOW)


@pytest.mark.parametrize("query", [*COMPARED, *OF_THE_WEEK])
def test_every_question_is_whole_and_a_brand_stays_a_value(query: str) -> None:
    sql = prepared(query, Week.parse("last", NOW), "L'Étoile \\ $__fromTime ${lang:singlequote}")

    assert "-- include" not in sql
    outside = sql.replace("$__fromTime ${lang:singlequote}", "")
    assert "$" not in outside
    if "brand" in query or query == "raw_and_net":
        assert "'L\\'Étoile \\\\ $__fromTime ${lang:singlequote}'" in sql


def test_two_weeks_share_no_millisecond() -> None:
    week = Week.parse("last", NOW)

    next_ms = int(NOW.replace(second=0).timestamp()) * 1000
    assert f"fromUnixTimestamp64Milli({next_ms - 1})" in prepared("raw_and_net", week)
    after = Week(week.monday + timedelta(days=7))
    assert f"fromUnixTimestamp64Milli({next_ms})" in prepared("raw_and_net", after)


def test_every_panel_speaks_both_languages() -> None:
    own = {"report_leads", "report_alerts"}
    for query in {*COMPARED, *OF_THE_WEEK} - own:
        panel = panels()[query]
        for text in (panel.title, panel.about):
            assert all(text.within(language) for language in LANGUAGES), query
    assert all(es and en for es, en in WORDS.values())
    assert panels()["care_in_time"].about.es != panels()["care_in_time"].about.en


def test_figures_are_written_as_their_readers_write_them() -> None:
    es, en = Numbers("es"), Numbers("en")

    assert (es.decimal(1234567.891, 2), en.decimal(1234567.891, 2)) == (
        "1.234.567,89",
        "1,234,567.89",
    )
    assert (es.share(0.1234), en.share(0.1234)) == ("12,3\xa0%", "12.3%")
    assert es.share(None) == es.decimal(float("nan")) == es.duration(None) == "—"
    assert es.duration(5_400) == "1,5\xa0h"
    mapped = Column(Text("x", "x"), {"stalled": Text("Parada", "Stalled"), "1": Text("Sí", "Yes")})
    assert [es.cell(value, mapped) for value in ("stalled", 1, True, "otro", None)] == [
        "Parada", "Sí", "Sí", "otro", "—",
    ]  # fmt: skip


def test_one_and_none_are_said_otherwise() -> None:
    say = Say("es")

    assert say.counted("reads mentions", 0) == "No se habló nada"
    assert say.counted("reads mentions", 1) == "Se habló una vez"
    assert say.counted("reads mentions", 2) == "Se habló 2 veces"


def test_bars_are_as_long_as_their_figures_and_names_stay_text() -> None:
    series = [charts.Series("a", "#111111", [10, 5]), charts.Series(HOSTILE, "#222222", [10, 0])]
    svg = charts.bars("t", [HOSTILE * 3, "b"], series, Numbers("es"))

    assert "<script" not in svg
    root = ET.fromstring(svg)  # noqa: S314 - ours
    bars = [
        (rect.get("fill"), float(rect.get("width", "0")))
        for rect in root.iter("{http://www.w3.org/2000/svg}rect")
        if rect.get("height") == "20"
    ]
    [(_, longest), (_, as_long), (_, half)] = bars
    assert longest == as_long == pytest.approx(2 * half, abs=0.11)


@pytest.mark.parametrize("most", [0, 1, 3, 7, 11, 99, 101, 1_234_567])
def test_no_line_leaves_its_axis(most: int) -> None:
    svg = charts.lines("t", ["1", "2"], [charts.Series("a", "#111111", [0, most])], Numbers("en"))

    root = ET.fromstring(svg)  # noqa: S314 - ours
    [line] = root.iter("{http://www.w3.org/2000/svg}polyline")
    heights = [float(point.split(",")[1]) for point in str(line.get("points")).split()]
    assert min(heights) >= 34
    assert (most == 0) == (heights[0] == heights[1])
