"""What other rules would have matched in stored mentions, beside the rules in force."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from schemas.mention import Mention
from streams.listening import stored
from streams.rules.compiled import CompiledRules, Hits
from streams.sinks.clickhouse import ClickHouse

KINDS = ("brands", "topics", "campaigns", "attributes", "interests")
EXAMPLE_CHARS = 200


@dataclass(slots=True)
class NamePreview:
    """One brand, topic or other name under both sets of rules."""

    kind: str
    name: str
    before: Counter[date] = field(default_factory=Counter)  # mentions per day, rules in force
    after: Counter[date] = field(default_factory=Counter)  # the same under the new rules
    gained: int = 0
    lost: int = 0
    gained_mentions: list[Mention] = field(default_factory=list)  # some of them
    lost_mentions: list[Mention] = field(default_factory=list)
    kept_mentions: list[Mention] = field(default_factory=list)  # that both match

    @property
    def changed(self) -> bool:
        """Whether any mention is matched by one set and not by the other."""
        return bool(self.gained or self.lost)

    @property
    def gained_examples(self) -> list[str]:
        """What is gained, as lines."""
        return [_line(mention) for mention in self.gained_mentions]

    @property
    def lost_examples(self) -> list[str]:
        """What is lost, as lines."""
        return [_line(mention) for mention in self.lost_mentions]


@dataclass(slots=True)
class Preview:
    """Names in the order of their kind and size, over `mentions` stored mentions."""

    mentions: int
    names: list[NamePreview]
    not_kept: int  # stored mentions that the new rules would have filtered out


async def preview(
    clickhouse: ClickHouse,
    before: CompiledRules,
    after: CompiledRules,
    *,
    since: datetime,
    until: datetime,
    examples: int = 3,
    progress: Callable[[int], None] = lambda done: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Preview:
    """Match every stored mention of the period by both sets of rules; changes nothing.

    Only what is stored can be looked at: what was filtered out when it came is not there.
    `goes_on` is asked after each page; when it says no, what is there by then is returned.
    """
    found: dict[tuple[str, str], NamePreview] = {}
    seen = not_kept = 0
    async for page in stored.pages(clickhouse, since, until):
        old = before.match(page.mentions, page.texts, page.langs)
        new = after.match(page.mentions, page.texts, page.langs)
        for mention, was, will in zip(page.mentions, old, new, strict=True):
            _compare(found, mention, was, will, examples)
            not_kept += not will.keep
        seen += len(page.mentions)
        progress(seen)
        if not goes_on():
            break
    names = sorted(
        found.values(),
        key=lambda one: (KINDS.index(one.kind), -one.after.total() - one.before.total(), one.name),
    )
    return Preview(seen, names, not_kept)


def _compare(
    found: dict[tuple[str, str], NamePreview],
    mention: Mention,
    was: Hits,
    will: Hits,
    examples: int,
) -> None:
    day = mention.published_at.date()
    for kind, old, new in _names(was, will):
        for name in {*old, *new}:
            one = found.setdefault((kind, name), NamePreview(kind, name))
            one.before[day] += name in old
            one.after[day] += name in new
            if name not in old:
                one.gained += 1
                some = one.gained_mentions
            elif name not in new:
                one.lost += 1
                some = one.lost_mentions
            else:
                some = one.kept_mentions
            if len(some) < examples:
                some.append(mention)


def _names(was: Hits, will: Hits) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    for kind in KINDS:
        old, new = getattr(was, kind), getattr(will, kind)
        if old or new:
            yield kind, old, new


def _line(mention: Mention) -> str:
    text = " ".join(mention.text.split())
    shown = text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…"
    return f"{mention.mention_id}: {shown}"
