"""A panel's question as ClickHouse takes it: period, bucket width and variables put in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboards.console.boards import Board, Panel
from dashboards.console.errors import BadRequestError
from dashboards.macros import MacroContext, expand
from dashboards.timerange import TimeRange, TimeRangeError, duration
from dashboards.variables import UnknownValueError, chosen, interpolate

_REMEDY_RANGE = "Choose a period from the list."
_REMEDY_VALUE = "Choose from the list; the value may have disappeared with the data."
MAX_CHOSEN = 100


@dataclass(frozen=True)
class Prepared:
    """A query ready to run, and the period it speaks about."""

    sql: str
    span: TimeRange
    interval: timedelta


@dataclass(frozen=True)
class Question:
    """What the page asks of one panel, as it stood in the address."""

    since: str
    until: str
    values: Mapping[str, tuple[str, ...]]


def read_question(board: Board, parameters: Sequence[tuple[str, str]]) -> Question:
    """Read `from`, `to` and `var-…`; raises BadRequestError on anything else."""
    period = {"from": board.shown["time"]["from"], "to": board.shown["time"]["to"]}
    values: dict[str, list[str]] = {name: [] for name in board.variables}
    for name, value in parameters:
        if name in period:
            period[name] = value
        elif (variable := name.removeprefix("var-")) in values and variable != name:
            values[variable].append(value)
        else:
            raise BadRequestError(f"{name[:60]!r} means nothing here", "Reload the page.")
    for name, several in values.items():
        if len(several) > (MAX_CHOSEN if board.variables[name].multi else 1):
            raise BadRequestError(f"too many values of {name}", "Choose fewer, or all.")
    return Question(
        period["from"], period["to"], {name: tuple(several) for name, several in values.items()}
    )


def prepare(
    board: Board,
    panel: Panel,
    question: Question,
    known: Mapping[str, Collection[str]],
    now: datetime | None = None,
) -> Prepared:
    """Return the query to run; raises BadRequestError for a bad period or an unknown value.

    Macros go in first and values last, so that no value is ever read as a macro.
    """
    span = _span(question, now)
    try:
        selection = {
            name: chosen(name, values, known.get(name, ()))
            for name, values in question.values.items()
        }
    except UnknownValueError as error:
        raise BadRequestError(str(error), _REMEDY_VALUE) from error
    minimum = {"minimum": duration(panel.interval)} if panel.interval else {}
    context = MacroContext(span, span.interval(panel.max_points, **minimum))
    all_values = {name: variable.all_value for name, variable in board.variables.items()}
    sql = interpolate(expand(panel.sql, context), selection, all_values)
    return Prepared(sql, span, context.interval)


def annotation_sql(sql: str, question: Question, now: datetime | None = None) -> str:
    """Return the query of an annotation, which knows the period and nothing else.

    Raises BadRequestError for a bad period.
    """
    span = _span(question, now)
    return expand(sql, MacroContext(span, span.interval(100)))


def _span(question: Question, now: datetime | None) -> TimeRange:
    try:
        return TimeRange.parse(question.since, question.until, now=now or datetime.now(UTC))
    except TimeRangeError as error:
        raise BadRequestError(str(error), _REMEDY_RANGE) from error
