"""The headline figures, each beside the week before and read in a sentence."""

from collections.abc import Sequence

from streams.report.document import Card, Cards, Section, Words
from streams.report.facts import Facts, Row
from streams.report.numbers import UNKNOWN
from streams.report.words import Say

_SAME_POINTS = 0.05  # below that, two shares read the same


def headlines(facts: Facts, say: Say) -> Section:
    """Return the section that opens the report."""
    now, before = facts.of_week, facts.of_week_before
    blocks: list[Words | Cards] = []
    if not total(now["raw_and_net"], "raw"):
        blocks.append(Words(say("empty week")))
    blocks.append(
        Cards(
            (
                _count(say, "mentions", *(total(a["raw_and_net"], "raw") for a in (now, before))),
                _count(say, "net", *(total(a["raw_and_net"], "net") for a in (now, before))),
                _share(say, "intent", *(one(a["intent_share"], "share") for a in (now, before))),
                _share(
                    say, "proactive", *(one(a["proactive_share"], "share") for a in (now, before))
                ),
                _count(
                    say,
                    "opened",
                    *(
                        leads(facts, a["report_leads"], "opened", k)
                        for k, a in enumerate((now, before))
                    ),
                ),
                _count(
                    say,
                    "won",
                    *(
                        leads(facts, a["report_leads"], "won", k)
                        for k, a in enumerate((now, before))
                    ),
                ),
                _share(say, "in time", *(one(a["care_in_time"], "in_time") for a in (now, before))),
                _count(say, "alerts", *(len(a["report_alerts"]) for a in (now, before))),
            )
        )
    )
    blocks.append(Words(say("won note"), is_note=True))
    return Section("headlines", say("headlines"), tuple(blocks))


def total(rows: Sequence[Row], column: str) -> int:
    """The sum of a column."""
    return sum(int(row[column]) for row in rows)


def one(rows: Sequence[Row], column: str) -> float | None:
    """The only figure of an answer; None when nothing could be counted."""
    return rows[0][column] if rows else None


def leads(facts: Facts, rows: Sequence[Row], column: str, weeks_before: int = 0) -> int | None:
    """How many leads; None for a week that the queue no longer reaches back to."""
    week = facts.week.before if weeks_before else facts.week
    is_known = (facts.asked_at - week.monday).total_seconds() < 30 * 86_400
    return total(rows, column) if is_known else None


def _count(say: Say, key: str, value: int | None, before: int | None) -> Card:
    if value is None:
        return Card(say(key), UNKNOWN, _before(say, say.decimal(before)), say("unknown"))
    if before is None:
        compared = say("unknown before")
    elif value == before:
        compared = say("same")
    elif before == 0:
        compared = say("none before")
    else:
        by = say.share(abs(value - before) / before, 0)
        compared = say("up" if value > before else "down", by=by)
    reading = f"{say.counted(f'reads {key}', value)}: {compared}."
    return Card(say(key), say.decimal(value), _before(say, say.decimal(before)), reading)


def _share(say: Say, key: str, value: float | None, before: float | None) -> Card:
    if value is None:
        return Card(say(key), UNKNOWN, _before(say, say.share(before)), say("unknown"))
    if before is None:
        compared = say("unknown before")
    else:
        points = 100 * (value - before)
        by = say.decimal(abs(points), 1)
        up_or_down = "up points" if points > 0 else "down points"
        compared = say("same") if abs(points) < _SAME_POINTS else say(up_or_down, by=by)
    reading = f"{say(f'reads {key}', value=say.decimal(100 * value))}: {compared}."
    return Card(say(key), say.share(value), _before(say, say.share(before)), reading)


def _before(say: Say, value: str) -> str:
    return say("before", value=value)
