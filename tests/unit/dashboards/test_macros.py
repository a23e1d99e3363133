from datetime import UTC, datetime, timedelta

import pytest

from dashboards.macros import MacroContext, MacroError, expand
from dashboards.timerange import TimeRange

SPAN = TimeRange(datetime(2026, 7, 4, 10, tzinfo=UTC), datetime(2026, 7, 5, 10, tzinfo=UTC))
CONTEXT = MacroContext(SPAN, timedelta(minutes=15))


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        ("$__timeFilter(t)", "t >= toDateTime(1783159200) AND t <= toDateTime(1783245600)"),
        (
            "$__timeFilter_ms(t)",
            "t >= fromUnixTimestamp64Milli(1783159200000)"
            " AND t <= fromUnixTimestamp64Milli(1783245600000)",
        ),
        ("$__dateFilter(d)", "d >= toDate('2026-07-04') AND d <= toDate('2026-07-05')"),
        (
            "$__dateTimeFilter(d, t)",
            "(d >= toDate('2026-07-04') AND d <= toDate('2026-07-05'))"
            " AND (t >= toDateTime(1783159200) AND t <= toDateTime(1783245600))",
        ),
        ("$__fromTime", "toDateTime(1783159200)"),
        ("$__toTime", "toDateTime(1783245600)"),
        ("$__fromTime_ms", "fromUnixTimestamp64Milli(1783159200000)"),
        ("$__toTime_ms", "fromUnixTimestamp64Milli(1783245600000)"),
        ("$__timeInterval(t)", "toStartOfInterval(toDateTime(t), INTERVAL 900 second)"),
        (
            "$__timeInterval_ms(t)",
            "toStartOfInterval(toDateTime64(t, 3), INTERVAL 900000 millisecond)",
        ),
        ("$__interval_s", "900"),
    ],
)
def test_a_macro_becomes_what_the_plugin_makes_of_it(macro: str, expected: str) -> None:
    assert expand(f"SELECT {macro} FROM t", CONTEXT) == f"SELECT {expected} FROM t"


def test_a_column_may_be_an_expression_with_brackets_and_commas() -> None:
    expanded = expand("$__timeInterval(if(a > b, a, b))".replace(" > ", " + "), CONTEXT)

    assert expanded == "toStartOfInterval(toDateTime(if(a + b, a, b)), INTERVAL 900 second)"


def test_a_bucket_is_never_narrower_than_a_second() -> None:
    assert expand("$__interval_s", MacroContext(SPAN, timedelta(milliseconds=20))) == "1"


@pytest.mark.parametrize(
    "sql",
    [
        "$__conditionalAll(a)",  # front end only
        "$__nothing",
        "$__timeFilter",
        "$__timeFilter()",
        "$__timeFilter(a, b)",
        "$__timeFilter(a",
        "$__timeFilter(a]",
        "$__dateTimeFilter(a)",
    ],
)
def test_a_macro_that_is_wrong_is_named(sql: str) -> None:
    with pytest.raises(MacroError, match=sql.partition("(")[0].replace("$", r"\$")):
        expand(sql, CONTEXT)


@pytest.mark.parametrize(
    "column",
    [
        "t; DROP TABLE mentions",
        "t -- ",
        "t /* ",
        "t = 'a",
        't" OR 1',
        "t\\",
        "t OR 1=1",
        "$__toTime",
        "${lang:singlequote}",
    ],
)
def test_an_argument_that_could_end_its_expression_is_refused(column: str) -> None:
    with pytest.raises(MacroError):
        expand(f"SELECT 1 WHERE $__timeFilter({column})", CONTEXT)
