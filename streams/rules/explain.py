"""Why a rule matches a text or does not, part by part."""

from dataclasses import dataclass

import click

from schemas.mention import Mention
from streams.asked import Language
from streams.rules.nodes import And, Field, Near, Node, Not, Or, Phrase, Span
from streams.rules.plainly import Text, chosen, evaluate, places, spans_of
from streams.rules.sense import describe
from streams.rules.spanish import in_language


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of a rule: whether it matched, and the characters of the text that it found."""

    what: str
    matched: bool
    spans: tuple[Span, ...] = ()
    children: tuple["Finding", ...] = ()

    def as_json(self, text: str) -> dict[str, object]:
        """Return it for programs; spans with the words in them."""
        found: dict[str, object] = {"what": self.what, "matched": self.matched}
        if self.spans:
            found["found"] = [
                {"start": start, "end": end, "text": text[start:end]} for start, end in self.spans
            ]
        if self.children:
            found["parts"] = [child.as_json(text) for child in self.children]
        return found


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer; spans are those of `text`, which is the text given, composed (NFC)."""

    text: str
    finding: Finding

    @property
    def matched(self) -> bool:
        """Whether the rule as a whole matches."""
        return self.finding.matched

    @property
    def spans(self) -> list[Span]:
        """What was found in the text: in order, what overlaps in one."""
        merged: list[Span] = []
        for start, end in sorted(_found(self.finding)):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif start < end:
                merged.append((start, end))
        return merged

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "matched": self.matched,
            "text": self.text,
            "rule": self.finding.as_json(self.text),
        }

    def printed(self, language: Language = "en") -> str:
        """Return it for a terminal: the text with what was found marked, and the tree."""
        marked = _marked(self.text, self.spans)
        return "\n".join((marked, *_lines(self.finding, self.text, language, 0)))


def explain(rule: Node, mention: Mention, text: str, lang: str) -> Explanation:
    """Return for each part of a rule whether it matched this text, and where."""
    read = Text.of(mention, text, lang)
    return Explanation(read.composed, _finding(rule, read))


def _finding(node: Node, text: Text) -> Finding:
    matched = evaluate(node, text)
    match node:
        case And() | Or():
            what = "all of" if isinstance(node, And) else "any of"
            return Finding(what, matched, (), tuple(_finding(c, text) for c in node.children))
        case Not():
            return Finding("not", matched, (), (_finding(node.child, text),))
        case Phrase():
            found = places(node, text)
            return Finding(describe(node), matched, tuple(spans_of(found, text)))
        case Near():
            found = sorted(chosen(node, text) or ())
            order = ", in this order" if node.ordered else ""
            what = f"near each other, at most {node.distance} words between{order}"
            return Finding(what, matched, tuple(spans_of(found, text)), _operands(node, text))
        case Field():
            return Finding(describe(node), matched)


def _operands(near: Near, text: Text) -> tuple[Finding, ...]:
    return tuple(
        _finding(operand[0] if len(operand) == 1 else Or(operand), text)
        for operand in near.operands
    )


def _found(finding: Finding) -> set[Span]:
    if finding.what == "not":
        return set()
    return set(finding.spans).union(*(_found(child) for child in finding.children))


def _marked(text: str, spans: list[Span]) -> str:
    """Return the text with what was found in bold and underlined."""
    marked, at = "", 0
    for start, end in spans:
        marked += text[at:start] + click.style(text[start:end], bold=True, underline=True)
        at = end
    return marked + text[at:]


def _lines(finding: Finding, text: str, language: Language, depth: int) -> list[str]:
    sign = click.style("✓", fg="green") if finding.matched else click.style("✗", fg="red")
    words = ", ".join(f"“{text[start:end]}”" for start, end in finding.spans)
    what = in_language(finding.what, language)
    line = f"{'  ' * depth}{sign} {what}" + (f": {words}" if words else "")
    below = (_lines(child, text, language, depth + 1) for child in finding.children)
    return [line, *(line for lines in below for line in lines)]
