"""Puts a report together from facts; the same facts give the same report."""

from streams.report import headlines, listening, worth
from streams.report.document import Document
from streams.report.facts import Facts
from streams.report.panels import Language
from streams.report.words import Say


def document(facts: Facts, language: Language, console_url: str) -> Document:
    """Return the report in reading order: headlines, then why, then what to make of them."""
    say = Say(language)
    week = facts.week
    notes = [say("made", at=say.moment(facts.asked_at))]
    if not week.is_over(facts.asked_at):
        notes.insert(0, say("running"))
    if facts.brand:
        notes.insert(0, say("brand", brand=facts.brand) + ".")
    return Document(
        language,
        say("title"),
        say(
            "subtitle",
            week=week.name,
            since=say.weekday(week.monday),
            until=say.weekday(week.sunday),
        ),
        " ".join(notes),
        say("contents"),
        say("as table"),
        say("page", n="{n}", of="{of}"),
        (
            headlines.headlines(facts, say),
            listening.trend(facts, say),
            listening.voice(facts, say),
            listening.asks(facts, say),
            listening.alerts(facts, say),
            listening.leads(facts, say),
            worth.care(facts, say),
            worth.value(facts, say),
            worth.coherence(facts, say),
            worth.honesty(facts, say),
            worth.definitions(say, console_url),
        ),
    )
