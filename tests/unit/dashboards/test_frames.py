from datetime import UTC, datetime, timedelta

from dashboards.console.frames import Rows, marks, series, table
from dashboards.timerange import TimeRange

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
SPAN = TimeRange(NOON, NOON + timedelta(hours=1))


def test_a_text_column_splits_a_number_into_series() -> None:
    later = NOON + timedelta(minutes=1)
    rows = Rows(
        ["time", "lang", "n"],
        ["DateTime('UTC')", "LowCardinality(String)", "UInt64"],
        [(NOON, "es", 3), (NOON, "en", 2), (later, "es", 5)],
    )

    answer = series(rows, SPAN, timedelta(minutes=1))

    assert answer["times"] == [NOON_MS, NOON_MS + 60_000]
    assert answer["series"] == [
        {"name": "es", "values": [3, 5]},
        {"name": "en", "values": [2, None]},
    ]
    assert (answer["from"], answer["interval_ms"]) == (NOON_MS, 60_000)


def test_number_columns_are_series_of_their_own() -> None:
    rows = Rows(
        ["time", "p50", "p95"],
        ["DateTime64(3, 'UTC')", "Float64", "Nullable(Float64)"],
        [(NOON, 0.5, float("nan"))],
    )

    assert series(rows, SPAN, timedelta(seconds=1))["series"] == [
        {"name": "p50", "values": [0.5]},
        {"name": "p95", "values": [None]},
    ]


def test_a_table_keeps_kinds_and_plain_values() -> None:
    rows = Rows(
        ["time", "text", "n", "tags"],
        ["DateTime64(3, 'UTC')", "String", "LowCardinality(Nullable(UInt8))", "Array(String)"],
        [(NOON, "<b>", None, ["a"])],
    )

    answer = table(rows)

    assert [column["kind"] for column in answer["columns"]] == ["time", "text", "number", "text"]
    assert answer["rows"] == [[NOON_MS, "<b>", None, "['a']"]]


def test_an_empty_table_has_neither_series_nor_marks() -> None:
    nothing = Rows([], [], [])

    assert series(nothing, SPAN, timedelta(minutes=1))["series"] == []
    assert marks(nothing, "#fff") == []
    rows = Rows(["text", "time"], ["String", "DateTime('UTC')"], [("Modelo · Model", NOON)])
    assert marks(rows, "#fff") == [{"time": NOON_MS, "text": "Modelo · Model", "color": "#fff"}]
