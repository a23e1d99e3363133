"""Mentions as examples of a rule: the words that it found, and what stands around them."""

from collections.abc import Iterable, Mapping

from schemas.mention import Mention
from schemas.rules import Effect, Example, Piece
from streams.listening.preview import NamePreview
from streams.rules.compiled import CompiledRules
from streams.rules.entities import entities_of
from streams.rules.explain import explain
from streams.rules.nodes import Node, Span

BEFORE_CHARS = 80  # of the first word found
MAX_CHARS = 300

Rules = Mapping[tuple[str, str], Node]


def effects(
    names: Iterable[NamePreview], before: CompiledRules, after: CompiledRules
) -> list[Effect]:
    """Return what becomes of each name; what is lost is marked by the rules that found it."""
    old, new = _by_name(before), _by_name(after)
    found = []
    for one in names:
        key = (one.kind, one.name)
        found.append(
            Effect(
                kind=one.kind.removesuffix("s"),
                name=one.name,
                in_force=one.before.total(),
                new=one.after.total(),
                gained=one.gained,
                lost=one.lost,
                gained_examples=[_example(said, new.get(key)) for said in one.gained_mentions],
                lost_examples=[_example(said, old.get(key)) for said in one.lost_mentions],
                kept_examples=[_example(said, new.get(key)) for said in one.kept_mentions],
            )
        )
    return found


def _by_name(rules: CompiledRules) -> Rules:
    return {(entity.section, entity.name): entity.rule for entity in entities_of(rules.listening)}


def _example(mention: Mention, rule: Node | None) -> Example:
    text, spans = mention.text, list[Span]()
    if rule is not None:
        explanation = explain(rule, mention, mention.text, mention.lang)
        text, spans = explanation.text, explanation.spans
    return Example(
        mention_id=mention.mention_id,
        source=mention.source,
        author=mention.author.handle or mention.author.name or mention.author.id,
        url=mention.url,
        published_at=mention.published_at,
        pieces=pieces(text, spans),
    )


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """Return the stretch of a text where something was found, cut into found and not found."""
    found = list(spans)
    start = max(0, found[0][0] - BEFORE_CHARS) if found and len(text) > MAX_CHARS else 0
    end = min(len(text), start + MAX_CHARS)
    cut: list[Piece] = [("…", False)] if start else []
    at = start
    for first, last in found:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        if at < first:
            cut.append((text[at:first], False))
        cut.append((text[first:last], True))
        at = last
    if at < end:
        cut.append((text[at:end], False))
    return [*cut, ("…", False)] if end < len(text) else cut
