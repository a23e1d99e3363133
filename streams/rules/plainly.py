"""One rule on one mention, the plain way: what `escucha rules explain` shows, and a yardstick.

Shares the tree and the reading of words with the compiled loops, and nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.mention import Mention
from streams.rules.closer import holds
from streams.rules.facts import account_keys, bare_handle, language_tags
from streams.rules.nodes import And, Field, Near, Node, Not, Or, Phrase, Span, Token
from streams.rules.words import Read, compose, read

Place = tuple[int, int]  # the first word of a phrase, and the word after its last


@dataclass(frozen=True, slots=True)
class Text:
    """A mention as rules see it; spans are those of `composed`."""

    mention: Mention
    composed: str
    words: tuple[Read, ...]
    lang: str
    has: frozenset[str]

    @classmethod
    def of(cls, mention: Mention, text: str, lang: str) -> "Text":
        """Read a text once, for many rules."""
        composed = compose(text)
        links: list[int] = []
        words = tuple(read(composed, found_links=links))
        marks = {
            "link": links or mention.links,
            "emoji": any(word.is_picture for word in words),
            "hashtag": mention.hashtags or any(word.sigil == "#" for word in words),
            "mention": mention.mentioned or any(word.is_handle for word in words),
            "parent": mention.parent_id or mention.parent_text,
            "quote": mention.quoted_id,
        }
        return cls(
            mention, composed, words, lang, frozenset(m for m, there in marks.items() if there)
        )


def evaluate(node: Node, text: Text) -> bool:
    """Return whether a rule matches."""
    match node:
        case And():
            return all(evaluate(child, text) for child in node.children)
        case Or():
            return any(evaluate(child, text) for child in node.children)
        case Not():
            return not evaluate(node.child, text)
        case Field():
            return field_holds(node, text)
        case Phrase():
            return bool(places(node, text))
        case Near():
            return chosen(node, text) is not None


def places(phrase: Phrase, text: Text) -> list[Place]:
    """Return where a phrase stands."""
    size = len(phrase.tokens)
    return [
        (at, at + size)
        for at in range(len(text.words) - size + 1)
        if all(
            _is(token, text.words[at + offset], text) for offset, token in enumerate(phrase.tokens)
        )
    ]


def _is(token: Token, word: Read, text: Text) -> bool:
    there = word.is_handle if token.sigil == "@" else word.is_word
    if not there or (token.sigil == "#" and word.sigil != "#"):
        return False
    match token.how:
        case "word":
            return word.folded == token.text
        case "prefix":
            return word.folded.startswith(token.text)
        case _:
            return holds(token, text.composed[word.start : word.end], text.lang)


def chosen(near: Near, text: Text) -> list[Place] | None:
    """Return a place of each operand that together fit, or None when there are none."""
    options = [
        sorted(place for phrase in operand for place in places(phrase, text))
        for operand in near.operands
    ]
    return next(_choices(near, options, []), None) if all(options) else None


def _choices(
    near: Near, options: Sequence[list[Place]], so_far: list[Place]
) -> Iterator[list[Place]]:
    if len(so_far) == len(options):
        yield so_far
        return
    for place in options[len(so_far)]:
        if near.ordered and so_far and place[0] < so_far[-1][1]:
            continue
        if any(place[0] < end and start < place[1] for start, end in so_far):
            continue
        together = [*so_far, place]
        extent = max(end for _, end in together) - min(start for start, _ in together)
        longest_left = sum(
            max(end - start for start, end in left) for left in options[len(together) :]
        )
        taken = sum(end - start for start, end in together)
        if extent - taken - longest_left <= near.distance:
            yield from _choices(near, options, together)


def spans_of(found: Sequence[Place], text: Text) -> list[Span]:
    """Return the characters of places, with the # or @ before a word."""
    spans = []
    for first, after in found:
        word = text.words[first]
        start = word.start - 1 if word.sigil and word.start else word.start
        spans.append((start, text.words[after - 1].end))
    return spans


def field_holds(asked: Field, text: Text) -> bool:
    """Return whether a mention has the property that a rule asks for."""
    mention = text.mention
    match asked.name:
        case "lang":
            return asked.value in language_tags(text.lang)
        case "source":
            return mention.source == asked.value
        case "type":
            return mention.kind == asked.value
        case "site":
            return mention.site.lower() == asked.value
        case "author":
            names = {bare_handle(mention.author.handle), mention.author.id.lower()}
            return asked.value in names
        case "has":
            return asked.value in text.has
        case "followers":
            followers = mention.author.followers
            return followers >= asked.low and (asked.high is None or followers <= asked.high)
        case "account":
            return asked.value in account_keys(mention)
    raise ValueError(f"no field is named {asked.name!r}")
