"""Rows of ClickHouse as the page draws them: a table, or series over a common time axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboards.timerange import TimeRange

_NUMBERS = ("UInt", "Int", "Float", "Decimal")
_WRAPPERS = ("Nullable(", "LowCardinality(")


@dataclass(frozen=True)
class Rows:
    """What a query gave: names and ClickHouse types of the columns, and the rows."""

    names: Sequence[str]
    types: Sequence[str]
    rows: Sequence[Sequence[Any]]


def table(result: Rows) -> dict[str, Any]:
    """Return columns with their kind, and rows of plain JSON values."""
    kinds = [_kind(type_name) for type_name in result.types]
    return {
        "columns": [
            {"name": name, "kind": kind} for name, kind in zip(result.names, kinds, strict=True)
        ],
        "rows": [[plain(value) for value in row] for row in result.rows],
    }


def series(result: Rows, span: TimeRange, interval: timedelta) -> dict[str, Any]:
    """Return `times` in milliseconds and, for each series, one value or null for each of them.

    `from`, `to` and `interval_ms` say what the axis spans and how wide a bucket may be. As in
    Grafana: the first time column is the axis, each number is a series, and columns of
    text split a number into one series for each of their values.
    """
    kinds = [_kind(type_name) for type_name in result.types]
    axis = kinds.index("time") if result.rows else -1  # the client names no columns of nothing
    texts = [index for index, kind in enumerate(kinds) if kind == "text"]
    numbers = [index for index, kind in enumerate(kinds) if kind == "number"]
    times = sorted({plain(row[axis]) for row in result.rows})
    place = {time: index for index, time in enumerate(times)}
    values: dict[str, list[Any]] = {}
    for row in result.rows:
        label = " ".join(str(row[index]) for index in texts)
        for number in numbers:
            name = label if len(numbers) == 1 and label else _joined(result.names[number], label)
            values.setdefault(name, [None] * len(times))[place[plain(row[axis])]] = plain(
                row[number]
            )
    return {
        "from": plain(span.since),
        "to": plain(span.until),
        "interval_ms": int(interval / timedelta(milliseconds=1)),
        "times": times,
        "series": [{"name": name, "values": points} for name, points in values.items()],
    }


def marks(result: Rows, color: str) -> list[dict[str, Any]]:
    """Return the annotations of a query: its columns `time` and `text`, in one colour."""
    if not result.rows:
        return []
    at, said = result.names.index("time"), result.names.index("text")
    return [
        {"time": plain(row[at]), "text": plain(row[said]), "color": color} for row in result.rows
    ]


def _joined(name: str, label: str) -> str:
    return f"{name} {label}" if label else name


def _kind(type_name: str) -> str:
    while type_name.startswith(_WRAPPERS):
        type_name = type_name.partition("(")[2].removesuffix(")")
    if type_name.startswith("Date"):
        return "time"
    return "number" if type_name.startswith(_NUMBERS) else "text"


def plain(value: Any) -> Any:
    """A value as JSON has it: instants in milliseconds, null for what is no number."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return int(aware.timestamp() * 1000)
    if isinstance(value, date):
        return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() * 1000)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, int | str) else str(value)
