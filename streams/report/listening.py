"""What is said, of whom, about what; intent that emerges; who wants to buy."""

from collections.abc import Sequence

from streams.report.document import Block, Quote, Quotes, Section, Table, Words
from streams.report.facts import Facts, Row
from streams.report.headlines import leads as known_leads
from streams.report.headlines import total
from streams.report.panels import panels
from streams.report.tables import day_lines, panel_bars, panel_table
from streams.report.words import Say

_INTENTS = ("active", "latent", "none")
_QUESTIONS, _ALERTS, _QUOTES = 8, 10, 12
_LONGEST_QUOTE = 280
_ALERT_COLUMNS = (
    "opened_at", "series", "lang", "severity", "observed", "expected", "before_contact",
    "driving_words",
)  # fmt: skip


def trend(facts: Facts, say: Say) -> Section:
    """Return how much was said, day by day."""
    rows, intents = facts.of_week["raw_and_net"], facts.of_week["intent_by_hour"]
    if not total(rows, "raw"):
        return Section("trend", say("trend"), (Words(say("empty week")),))
    most = max(rows, key=lambda row: int(row["raw"]))
    least = min(rows, key=lambda row: int(row["raw"]))
    return Section(
        "trend",
        say("trend"),
        (
            Words(
                say(
                    "reads trend",
                    day=say.weekday(most["time"]),
                    value=say.decimal(most["raw"]),
                    low_day=say.weekday(least["time"]),
                    low=say.decimal(least["raw"]),
                )
            ),
            day_lines(say, "raw_and_net", rows, ("raw", "net"), say("trend chart")),
            Words(
                say(
                    "reads intents",
                    active=say.decimal(total(intents, "active")),
                    latent=say.decimal(total(intents, "latent")),
                )
            ),
            day_lines(say, "intent_by_hour", intents, ("active", "latent"), say("intent chart")),
        ),
    )


def voice(facts: Facts, say: Say) -> Section:
    """Return whose name is spoken most."""
    rows = facts.of_week["brands"]
    if not rows:
        return Section("voice", say("voice"), (Words(say("no brands")),))
    titles = (say("voice chart"), say("brand name"))
    first = sum(int(rows[0][part]) for part in _INTENTS)
    whole = sum(int(row[part]) for row in rows for part in _INTENTS)
    reading = say("reads voice", brand=rows[0]["brand"], share=say.share(first / whole))
    chart = panel_bars(say, "brands", rows, _INTENTS, "brand", titles)
    return Section("voice", say("voice"), (Words(reading), chart))


def asks(facts: Facts, say: Say) -> Section:
    """Return topics and the questions that were asked most."""
    blocks: list[Block] = []
    topics, questions = facts.of_week["topics"], facts.of_week["touchpoint_questions"]
    if topics:
        first = sum(int(topics[0][part]) for part in _INTENTS)
        blocks.append(
            Words(say("reads topics", topic=topics[0]["topic"], value=say.decimal(first)))
        )
        titles = (say("topics chart"), say("topic"))
        blocks.append(panel_bars(say, "topics", topics, _INTENTS, "topic", titles))
    else:
        blocks.append(Words(say("no topics")))
    if questions:
        asked = questions[0]
        blocks.append(
            Words(
                say(
                    "reads questions",
                    about=_topic(asked, say),
                    value=say.decimal(asked["questions"]),
                    answered=say.share(asked["answered"], 0),
                )
            )
        )
        shown = [
            {**row, "asked_about": _topic(row, say), "newest": shorter(str(row["newest"]))}
            for row in questions
        ]
        columns = ("asked_about", "stage", "newest", "questions", "answered")
        blocks.append(
            panel_table(say, "touchpoint_questions", shown, columns, words=3, most=_QUESTIONS)
        )
    else:
        blocks.append(Words(say("no questions")))
    return Section("asks", say("asks"), tuple(blocks))


def alerts(facts: Facts, say: Say) -> Section:
    """Return the alerts that opened in the week, and what people said in them."""
    rows = facts.of_week["report_alerts"]
    if not rows:
        return Section("alerts", say("alerts section"), (Words(say("no alerts")),))
    first, panel = rows[0], panels()["alerts_now"]
    reading = say(
        "reads strongest",
        series=first["series"],
        lang=first["lang"],
        observed=say.decimal(first["observed"]),
        expected=say.decimal(first["expected"], 1),
    )
    names = {"opened_at": "opened at"}
    table = Table(
        say("alerts"),
        tuple(say(names.get(name, name)) for name in _ALERT_COLUMNS),
        tuple(
            (
                *(say.cell(row[name], panel.column(name)) for name in _ALERT_COLUMNS[:5]),
                say.decimal(row["expected"], 1),
                say.share(row["before_contact"], 0),
                say.cell(row["driving_words"], panel.column("driving_words")),
            )
            for row in rows[:_ALERTS]
        ),
        3,
    )
    quotes = Quotes(say("evidence"), tuple(_quotes(facts.of_week["alert_evidence"], say)))
    blocks: tuple[Block, ...] = (Words(reading), table)
    return Section("alerts", say("alerts section"), (*blocks, quotes) if quotes.quotes else blocks)


def leads(facts: Facts, say: Say) -> Section:
    """Return new leads by what they would do, and what has become of them."""
    rows = facts.of_week["report_leads"]
    if not rows or known_leads(facts, rows, "opened") is None:
        return Section("leads", say("leads"), (Words(say("no leads")),))
    parts = ("opened", "won", "working", "waiting", "closed")
    reading = say(
        "reads leads",
        kind=say(str(rows[0]["lead_kind"])),
        value=say.decimal(rows[0]["opened"]),
        all=say.decimal(total(rows, "opened")),
        won=say.decimal(total(rows, "won")),
    )
    header = ("opened column", "won column", *parts[2:])
    table = Table(
        say("leads table"),
        (say("kind"), *(say(name) for name in header)),
        (
            *(
                (say(str(row["lead_kind"])), *(say.decimal(row[part]) for part in parts))
                for row in rows
            ),
            (say("all"), *(say.decimal(total(rows, part)) for part in parts)),
        ),
    )
    return Section("leads", say("leads"), (Words(reading), table))


def _quotes(rows: Sequence[Row], say: Say) -> list[Quote]:
    """What is still stored of what people said; who said it stays with the dashboards."""
    return [
        Quote(
            shorter(str(row["text"])),
            str(row["lang"]),
            f"{say('about', series=row['series'])} · {say.moment(row['time'])}",
            str(row["url"]) if str(row["url"]).startswith(("https://", "http://")) else "",
        )
        for row in rows[:_QUOTES]
    ]


def _topic(row: Row, say: Say) -> str:
    """The panel writes a dash where a question is about no topic of the rules."""
    return say("no topic") if row["asked_about"] == "–" else str(row["asked_about"])


def shorter(text: str) -> str:
    """As much of a text as a page has room for, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 1]}…"
