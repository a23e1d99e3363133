"""A challenger's replay for people."""

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table

from streams.modelling import replay_alerts
from streams.modelling.replay import COMPARED, Direction, Example, Replay

WIDTH = 110
MOST_GROUPS = 15  # of brands
MOST_DIRECTIONS = 8  # of a head


def as_text(replay: Replay, *, examples: int = 3) -> str:
    """Tables of what changes: by direction, by language and brand, at the alert threshold."""
    if not replay.mentions:
        return "no mention is stored of that time"
    return "\n".join(_lines(replay, examples))


def _lines(replay: Replay, examples: int) -> Iterator[str]:
    share = replay.changed_at_all / replay.mentions
    yield (
        f"{replay.changed_at_all:,} of {replay.mentions:,} mentions would change ({share:.1%}):"
        f" {', '.join(f'{head} {replay.changed[head]:,}' for head in COMPARED)}"
    )
    judges = ", ".join(f"{name or 'none'} ({n:,})" for name, n in replay.judged_by.items())
    yield f"now judged by {judges}\n"
    alerts = replay.alerts
    yield (
        f"active intent at {alerts.threshold:g}: {alerts.before:,} now, {alerts.after:,} then;"
        f" {alerts.entering_mentions:,} enter, {alerts.leaving_mentions:,} leave"
    )
    for way, moved in (("enter", alerts.entering), ("leave", alerts.leaving)):
        yield from _examples(f"{way}, for example", moved[:examples])
    leads = replay.leads
    yield (
        f"people with intent (leads): {leads.before:,} now, {leads.after:,} then;"
        f" {leads.entering_people:,} enter, {leads.leaving_people:,} leave"
    )
    for way, people in (("enter", leads.entering), ("leave", leads.leaving)):
        if people and examples:
            named = (
                f"{one.handle or one.author_id} ({one.source}, {one.weight:.2f})"
                for one in people[:examples]
            )
            yield f"  {way}, strongest first: {', '.join(named)}"
    yield ""
    yield from replay_alerts.lines(replay.emerging)
    yield ""
    yield _directions(replay)
    for one in _shown(replay):
        yield from _examples(f"{one.head} {one.before} → {one.after}", one.examples[:examples])
    yield ""
    yield _groups(replay)


def _shown(replay: Replay) -> Iterator[Direction]:
    for head in COMPARED:
        yield from [one for one in replay.directions if one.head == head][:MOST_DIRECTIONS]


def _directions(replay: Replay) -> str:
    table = _table("", "from", "to", "mentions", "of all", texts=3)
    for one in _shown(replay):
        share = one.mentions / replay.mentions
        table.add_row(one.head, one.before, one.after, f"{one.mentions:,}", f"{share:.2%}")
    return _printed(table) if replay.directions else "no label would change"


def _groups(replay: Replay) -> str:
    table = _table("", "name", "mentions", *COMPARED, "enter", "leave", texts=2)
    of_brands = [one for one in replay.groups if one.kind == "brand"]
    languages = [one for one in replay.groups if one.kind == "lang"]
    for one in (*languages, *of_brands[:MOST_GROUPS]):
        table.add_row(
            one.kind,
            one.name or "none",
            f"{one.mentions:,}",
            *(f"{one.changed[head] / one.mentions:.1%}" for head in COMPARED),
            f"+{one.entering:,}" if one.entering else "",
            f"-{one.leaving:,}" if one.leaving else "",
        )
    more = len(of_brands) - MOST_GROUPS
    return _printed(table) + (f"\nand {more} brands more, see --json" if more > 0 else "")


def _examples(heading: str, examples: Sequence[Example]) -> Iterator[str]:
    if examples:
        yield f"  {heading}"
    for one in examples:
        yield (
            f"    {one.before.label} {one.before.probability:.2f} →"
            f" {one.after.label} {one.after.probability:.2f}  {one.mention_id}: {one.text}"
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
