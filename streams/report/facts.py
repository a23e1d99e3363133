"""What ClickHouse says of a week and of the one before, by the questions that the panels ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from dashboards.macros import MacroContext, expand
from dashboards.timerange import TimeRange
from dashboards.variables import UnknownValueError, chosen, interpolate
from streams.errors import InputError
from streams.report.panels import sql_of
from streams.report.weeks import Week

Row = Mapping[str, Any]
Answers = Mapping[str, Sequence[Row]]

# Asked of both weeks, to compare.
COMPARED: Final = (
    "raw_and_net", "intent_share", "proactive_share", "report_leads", "care_in_time",
    "report_alerts",
)  # fmt: skip
# Asked of the week alone.
OF_THE_WEEK: Final = (
    "intent_by_hour", "brands", "topics", "touchpoint_questions", "alert_evidence",
    "care_by_account", "value_influence", "value_referred_share", "value_referral_types",
    "value_gestures", "value_coherence", "calibration_on_labels", "drift_alarms", "sources",
    "ledger_gap", "dead_letters_waiting",
)  # fmt: skip
_VARIABLES: Final = ("brand", "currency", "lang", "rank", "source", "topic")
_DAY: Final = timedelta(days=1)
_SETTINGS: Final = {
    "max_execution_time": 60,
    "max_result_rows": 20_000,
    "result_overflow_mode": "throw",
}


@dataclass(frozen=True)
class Facts:
    """The answers, of which week, about which brand (empty: all), asked when."""

    week: Week
    brand: str
    asked_at: datetime
    of_week: Answers
    of_week_before: Answers


def gather(client: Client, week: Week, brand: str, asked_at: datetime) -> Facts:
    """Ask everything; raises InputError for a brand that nothing is known of."""
    if brand:
        known = [name for (name,) in client.query(sql_of("variable_brand")).result_rows]
        try:
            chosen("--brand", [brand], known)
        except UnknownValueError as error:
            there = ", ".join(known[:10]) or "none yet"
            raise InputError(f"{error}; brands that are spoken of: {there}") from error
    return Facts(
        week,
        brand,
        asked_at,
        {name: ask(client, name, week, brand) for name in (*COMPARED, *OF_THE_WEEK)},
        {name: ask(client, name, week.before, brand) for name in COMPARED},
    )


def ask(client: Client, query: str, week: Week, brand: str = "") -> list[Row]:
    """Return the rows of one query of the dashboards for a week, by days."""
    found = client.query(prepared(query, week, brand), settings=dict(_SETTINGS), tz_mode="aware")
    return [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]


def prepared(query: str, week: Week, brand: str = "") -> str:
    """Return the SQL as the console would send it, with the week to its last millisecond.

    Grafana filters by whole seconds; a page that shows "now" does not mind, two weeks side by
    side would share the second between them or lose it.
    """
    span = TimeRange(week.monday, week.last_instant)
    sql = sql_of(query).replace("$__timeFilter(", "$__timeFilter_ms(")
    selection: dict[str, list[str]] = {name: [] for name in _VARIABLES}
    selection["brand"] = [brand] if brand else []
    everything = dict.fromkeys(_VARIABLES, "'*'")  # as the dashboards themselves write "All"
    return interpolate(expand(sql, MacroContext(span, _DAY)), selection, everything)
