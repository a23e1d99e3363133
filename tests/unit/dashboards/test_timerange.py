from datetime import UTC, datetime, timedelta

import pytest

from dashboards.timerange import TimeRange, TimeRangeError, duration

NOW = datetime(2026, 7, 4, 10, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("now-15m", "now", (NOW - timedelta(minutes=15), NOW)),
        ("now-30d", "now-1d", (NOW - timedelta(days=30), NOW - timedelta(days=1))),
        ("now/d", "now", (datetime(2026, 7, 4, tzinfo=UTC), NOW)),
        (
            "now-1d/d",
            "now-1d/d",
            (
                datetime(2026, 7, 3, tzinfo=UTC),
                datetime(2026, 7, 3, 23, 59, 59, 999000, tzinfo=UTC),
            ),
        ),
        (
            "1783159200000",
            "2026-07-04T12:00:00+02:00",
            None,
        ),
        (
            "2026-07-04T10:00:00+02:00",
            "1783159200000",
            (datetime(2026, 7, 4, 8, tzinfo=UTC), datetime(2026, 7, 4, 10, tzinfo=UTC)),
        ),
    ],
)
def test_ends_are_read_as_grafana_writes_them(
    since: str, until: str, expected: tuple[datetime, datetime] | None
) -> None:
    if expected is None:
        with pytest.raises(TimeRangeError, match="ends before"):
            TimeRange.parse(since, until, now=NOW)
    else:
        assert TimeRange.parse(since, until, now=NOW) == TimeRange(*expected)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("now", "now-1h"),
        ("yesterday", "now"),
        ("now-1h; DROP TABLE mentions", "now"),
        ("now-1x", "now"),
        ("2026-07-04T10:00:00", "now"),
        ("now-999999y", "now"),
        ("now-401d", "now"),
        ("9" * 15, "now"),
        ("", "now"),
    ],
)
def test_a_range_nobody_can_mean_is_refused(since: str, until: str) -> None:
    with pytest.raises(TimeRangeError):
        TimeRange.parse(since, until, now=NOW)


@pytest.mark.parametrize(
    ("span", "points", "expected"),
    [
        (timedelta(minutes=15), 90, timedelta(seconds=10)),
        (timedelta(hours=6), 90, timedelta(minutes=5)),
        (timedelta(hours=24), 90, timedelta(minutes=15)),
        (timedelta(days=30), 90, timedelta(hours=6)),
        (timedelta(days=90), 90, timedelta(days=1)),
    ],
)
def test_a_bucket_has_one_of_grafanas_widths(
    span: timedelta, points: int, expected: timedelta
) -> None:
    assert TimeRange(NOW - span, NOW).interval(points) == expected


def test_a_panel_can_ask_for_wider_buckets() -> None:
    width = TimeRange(NOW - timedelta(hours=1), NOW).interval(90, minimum=duration("1h"))

    assert width == timedelta(hours=1)
