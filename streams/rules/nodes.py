"""What a rule means once it is read: a tree of frozen nodes.

A node knows where it stands in the rule's text (`span`), which is no part of what it means: two
nodes that ask the same are equal wherever they were written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Span = tuple[int, int]
NOWHERE: Final[Span] = (0, 0)
Sigil = Literal["", "#", "@"]
How = Literal["word", "prefix", "pattern", "stem", "case", "exact"]
MAX_DISTANCE: Final = 100


@dataclass(frozen=True, slots=True)
class Token:
    """One word to look for.

    `text` is folded for a word, a prefix (without its `*`) and a pattern (with `*` and `?`); it is
    lower case with accents for a stem; for `case` and `exact` it is as the rule has it.
    """

    text: str
    how: How = "word"
    sigil: Sigil = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one right after the other; one word alone is a phrase of one."""

    tokens: tuple[Token, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Near:
    """One phrase of each operand, apart from each other, with at most `distance` words between.

    What counts are the words from the first to the last that belong to none of the phrases found.
    `ordered` asks for the order of the operands.
    """

    operands: tuple[tuple[Phrase, ...], ...]
    distance: int
    ordered: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A property of the mention: `name` is `value`, or a number is between `low` and `high`."""

    name: str
    value: str = ""
    low: int = 0
    high: int | None = None  # none: no upper end
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The child does not match."""

    child: "Node"
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All children match."""

    children: tuple["Node", ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child matches."""

    children: tuple["Node", ...]
    span: Span = field(default=NOWHERE, compare=False)


Leaf = Phrase | Near | Field
Node = Leaf | Not | And | Or


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield what is asked of the text and the mention, from left to right."""
    if isinstance(node, And | Or):
        for child in node.children:
            yield from leaves(child)
    elif isinstance(node, Not):
        yield from leaves(node.child)
    else:
        yield node


def phrases(leaf: Leaf) -> Iterator[Phrase]:
    """Yield the phrases of a leaf."""
    if isinstance(leaf, Phrase):
        yield leaf
    elif isinstance(leaf, Near):
        for operand in leaf.operands:
            yield from operand


def all_of(children: tuple[Node, ...], span: Span = NOWHERE) -> Node:
    """Return the conjunction, flat; of one child the child itself."""
    flat = [n for c in children for n in (c.children if isinstance(c, And) else (c,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat), span)


def any_of(children: tuple[Node, ...], span: Span = NOWHERE) -> Node:
    """Return the disjunction, flat; of one child the child itself."""
    flat = [n for c in children for n in (c.children if isinstance(c, Or) else (c,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat), span)
