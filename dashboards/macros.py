"""The macros of Grafana's ClickHouse data source, expanded as its backend does.

A macro stands in a query that we wrote; still, an argument that could end the expression it is
put into is refused, so that a slip in a query fails in the tests and not in a database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboards.timerange import TimeRange

_NAME = re.compile(r"\$__(\w+)")
_OPENERS = {"(": ")", "[": "]"}
_ARGUMENT = re.compile(r"[\w.`\[\]() ,'+*/:-]+")


class MacroError(ValueError):
    """A macro that does not exist or was given what it cannot take."""


@dataclass(frozen=True)
class MacroContext:
    """What macros speak about: the period and the width of a bucket."""

    span: TimeRange
    interval: timedelta


def expand(sql: str, context: MacroContext) -> str:
    """Return `sql` with every macro replaced; raises MacroError naming the one that is wrong."""
    parts: list[str] = []
    position = 0
    while (match := _NAME.search(sql, position)) is not None:
        parts.append(sql[position : match.start()])
        name, position = match[1], match.end()
        arguments: list[str] = []
        if sql[position : position + 1] == "(":
            arguments, position = _arguments(sql, position, name)
        parts.append(_replacement(name, arguments, context))
    parts.append(sql[position:])
    return "".join(parts)


def _replacement(name: str, arguments: list[str], context: MacroContext) -> str:
    try:
        count, write = _MACROS[name]
    except KeyError:
        raise MacroError(f"$__{name} is not a macro of the ClickHouse data source") from None
    if len(arguments) != count:
        raise MacroError(f"$__{name} takes {count} argument(s), not {len(arguments)}")
    for argument in arguments:
        _check(name, argument)
    return write(context, *arguments)


def _check(name: str, argument: str) -> None:
    harmless = _ARGUMENT.fullmatch(argument) and argument.count("'") % 2 == 0
    if not harmless or "--" in argument or "/*" in argument:
        raise MacroError(f"$__{name} was given {argument!r}, which is not a plain column")


def _arguments(sql: str, opening: int, name: str) -> tuple[list[str], int]:
    """Split what stands between `opening` and its closing bracket; commas inside brackets stay."""
    pending = [")"]
    arguments, start = [], opening + 1
    for position in range(opening + 1, len(sql)):
        character = sql[position]
        if character in _OPENERS:
            pending.append(_OPENERS[character])
        elif character in ")]":
            if character != pending.pop():
                break
            if not pending:
                arguments.append(sql[start:position].strip())
                return [argument for argument in arguments if argument], position + 1
        elif character == "," and len(pending) == 1:
            arguments.append(sql[start:position].strip())
            start = position + 1
    raise MacroError(f"$__{name} has a bracket that is never closed")


def _seconds(instant: datetime) -> str:
    return f"toDateTime({int(instant.timestamp())})"


def _millis(instant: datetime) -> str:
    return f"fromUnixTimestamp64Milli({int(instant.timestamp() * 1000)})"


def _date(instant: datetime) -> str:
    return f"toDate('{instant:%Y-%m-%d}')"


def _between(column: str, context: MacroContext, write: Callable[[datetime], str]) -> str:
    return f"{column} >= {write(context.span.since)} AND {column} <= {write(context.span.until)}"


def _date_time(context: MacroContext, date_column: str, time_column: str) -> str:
    dates, times = _between(date_column, context, _date), _between(time_column, context, _seconds)
    return f"({dates}) AND ({times})"


def _whole_seconds(context: MacroContext) -> int:
    return max(int(context.interval.total_seconds()), 1)


def _bucket(context: MacroContext, column: str) -> str:
    width_sec = _whole_seconds(context)
    return f"toStartOfInterval(toDateTime({column}), INTERVAL {width_sec} second)"


def _bucket_ms(context: MacroContext, column: str) -> str:
    width_ms = max(int(context.interval / timedelta(milliseconds=1)), 1)
    return f"toStartOfInterval(toDateTime64({column}, 3), INTERVAL {width_ms} millisecond)"


_MACROS: dict[str, tuple[int, Callable[..., str]]] = {
    "timeFilter": (1, lambda context, column: _between(column, context, _seconds)),
    "timeFilter_ms": (1, lambda context, column: _between(column, context, _millis)),
    "dateFilter": (1, lambda context, column: _between(column, context, _date)),
    "dateTimeFilter": (2, _date_time),
    "dt": (2, _date_time),
    "fromTime": (0, lambda context: _seconds(context.span.since)),
    "toTime": (0, lambda context: _seconds(context.span.until)),
    "fromTime_ms": (0, lambda context: _millis(context.span.since)),
    "toTime_ms": (0, lambda context: _millis(context.span.until)),
    "timeInterval": (1, _bucket),
    "timeInterval_ms": (1, _bucket_ms),
    "interval_s": (0, lambda context: str(_whole_seconds(context))),
}
