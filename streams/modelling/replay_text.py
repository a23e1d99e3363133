"""A challenger's replay for people."""

import textwrap
from collections.abc import Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table

from models.reports.words import Language, Wording
from streams.modelling.replay import COMPARED, Direction, Example, Replay
from streams.modelling.replay_alerts import AlertsReplayed
from streams.modelling.replay_words import REPLAY_WORDS, RESTS_ON
from streams.signals.emerging.rehearsal import Rehearsed

WIDTH = 110
MOST_GROUPS = 15  # of brands
MOST_DIRECTIONS = 8  # of a head


def as_text(replay: Replay, language: Language = "en", *, examples: int = 3) -> str:
    """Tables of what changes: by direction, by language and brand, at the alert threshold."""
    say = Wording(language, REPLAY_WORDS)
    if not replay.mentions:
        return say("nothing")
    return "\n".join(_lines(replay, examples, say))


def _lines(replay: Replay, examples: int, say: Wording) -> Iterator[str]:
    yield say(
        "would change",
        say.count(replay.changed_at_all),
        say.count(replay.mentions),
        say.share(replay.changed_at_all / replay.mentions),
        ", ".join(f"{say.head(head)} {say.count(replay.changed[head])}" for head in COMPARED),
    )
    judges = (f"{name or say('none')} ({say.count(n)})" for name, n in replay.judged_by.items())
    yield say("judged by", ", ".join(judges)) + "\n"
    alerts = replay.alerts
    counts = (alerts.before, alerts.after, alerts.entering_mentions, alerts.leaving_mentions)
    yield say("active", say.plain(alerts.threshold), *map(say.count, counts))
    for way, moved in (("enter", alerts.entering), ("leave", alerts.leaving)):
        yield from _examples(say("for example", say(way)), moved[:examples], say)
    leads = replay.leads
    counts = (leads.before, leads.after, leads.entering_people, leads.leaving_people)
    yield say("leads", *map(say.count, counts))
    for way, people in (("enter", leads.entering), ("leave", leads.leaving)):
        if people and examples:
            named = (
                f"{one.handle or one.author_id} ({one.source}, {say.number(one.weight)})"
                for one in people[:examples]
            )
            yield say("strongest", say(way), ", ".join(named))
    yield ""
    yield from alert_lines(replay.emerging, say)
    yield ""
    yield _directions(replay, say)
    for one in _shown(replay):
        heading = f"{say.head(one.head)} {one.before} → {one.after}"
        yield from _examples(heading, one.examples[:examples], say)
    yield ""
    yield _groups(replay, say)


def alert_lines(alerts: AlertsReplayed, say: Wording) -> Iterator[str]:
    """Which alerts would open and not open, and what that rests on."""
    sizes = (len(alerts.opening), len(alerts.not_opening), len(alerts.both))
    yield say("emerging", *map(say.count, (alerts.before, alerts.after, *sizes)))
    yield from (say("would open", _told(one, say)) for one in alerts.opening)
    yield from (say("would not open", _told(one, say)) for one in alerts.not_opening)
    for pair in alerts.both:
        moved = (pair.after.opened_at - pair.before.opened_at).total_seconds() / 60
        minutes = say.number(abs(moved), 0)
        when = say("later" if moved > 0 else "sooner", minutes) if moved else ""
        yield say("in both", _told(pair.before, say), pair.after.severity, when)
    for sentence in RESTS_ON:
        yield textwrap.fill(say(sentence), 108, initial_indent="  ", subsequent_indent="  ")


def _told(one: Rehearsed, say: Wording) -> str:
    return say(
        "alert",
        say.known(one.kind),
        one.name,
        one.lang,
        f"{one.since:%Y-%m-%d %H:%M}",
        f"{one.opened_at:%H:%M}",
        say.count(one.observed),
        say.number(one.expected, 1),
        one.severity,
    )


def _shown(replay: Replay) -> Iterator[Direction]:
    for head in COMPARED:
        yield from [one for one in replay.directions if one.head == head][:MOST_DIRECTIONS]


def _directions(replay: Replay, say: Wording) -> str:
    headings = (say(key) for key in ("from", "to", "mentions", "of all"))
    table = _table("", *headings, texts=3)
    for one in _shown(replay):
        share = f"{say.number(100 * one.mentions / replay.mentions, 2)} %"
        table.add_row(say.head(one.head), one.before, one.after, say.count(one.mentions), share)
    return _printed(table) if replay.directions else say("no label")


def _groups(replay: Replay, say: Wording) -> str:
    heads = map(say.head, COMPARED)
    table = _table("", say("name"), say("mentions"), *heads, say("enter"), say("leave"), texts=2)
    of_brands = [one for one in replay.groups if one.kind == "brand"]
    languages = [one for one in replay.groups if one.kind == "lang"]
    for one in (*languages, *of_brands[:MOST_GROUPS]):
        table.add_row(
            say(one.kind),
            one.name or say("none"),
            say.count(one.mentions),
            *(say.share(one.changed[head] / one.mentions) for head in COMPARED),
            f"+{say.count(one.entering)}" if one.entering else "",
            f"-{say.count(one.leaving)}" if one.leaving else "",
        )
    more = len(of_brands) - MOST_GROUPS
    return _printed(table) + (f"\n{say('more brands', more)}" if more > 0 else "")


def _examples(heading: str, examples: Sequence[Example], say: Wording) -> Iterator[str]:
    if examples:
        yield f"  {heading}"
    for one in examples:
        yield (
            f"    {one.before.label} {say.number(one.before.probability)} →"
            f" {one.after.label} {say.number(one.after.probability)}  {one.mention_id}: {one.text}"
        )


def _table(*headings: str, texts: int) -> Table:
    table = Table(box=None, pad_edge=False)
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="left" if at < texts else "right")
    return table


def _printed(table: Table) -> str:
    out = StringIO()
    Console(file=out, width=WIDTH, highlight=False).print(table)
    return out.getvalue().rstrip()
