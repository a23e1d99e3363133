"""What is listened for, as one rule each: a brand's names, handles, products and query together."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from streams.rules.errors import RuleError
from streams.rules.facts import account_key
from streams.rules.listening import Brand, Listening, Topic
from streams.rules.nodes import Field, Node, Not, Phrase, all_of, any_of
from streams.rules.parser import parse
from streams.rules.sense import problems_of
from streams.rules.terms import tokens_of

Section = Literal["brands", "topics", "campaigns", "attributes", "interests"]


@dataclass(frozen=True, slots=True)
class Entity:
    """Something to listen for, and the rule that finds it."""

    section: Section
    name: str
    rule: Node
    start: date | None = None
    end: date | None = None


@functools.lru_cache(maxsize=20_000)  # a reload reads again only what was changed
def sensible(text: str) -> Node:
    """Return the tree of a rule that can stand alone; raises RuleError."""
    node = parse(text)
    problems = problems_of(node)
    if problems:
        raise RuleError(text, problems)
    return node


def entities_of(listening: Listening) -> Iterator[Entity]:
    """Yield everything a listening file listens for, in its order; raises RuleError, TermError."""
    for brand in listening.brands:
        yield Entity("brands", brand.name, brand_rule(brand))
    for campaign in listening.campaigns:
        rule = _without(sensible(campaign.rule), campaign.exclude)
        yield Entity("campaigns", campaign.name, rule, campaign.start, campaign.end)
    sections: tuple[tuple[Section, tuple[Topic, ...]], ...] = (
        ("topics", listening.topics),
        ("attributes", listening.attributes),
        ("interests", listening.interests or ()),
    )
    for section, topics in sections:
        for topic in topics:
            rule = _without(sensible(topic.rule), topic.exclude)
            yield Entity(section, topic.name, rule)


def brand_rule(brand: Brand) -> Node:
    """Return the rule of a brand: any of its names, handles, accounts, products, or its query."""
    names = [*([brand.name] if brand.match_name else []), *brand.names]
    names += [name for product in brand.products for name in (product.name, *product.names)]
    names += ["@" + handle.lstrip("@") for handle in brand.handles]
    parts: list[Node] = [Phrase(tokens_of(name, wild=False)) for name in dict.fromkeys(names)]
    parts += [Field("account", account_key(a.source, a.id)) for a in brand.accounts]
    if brand.rule is not None:
        parts.append(sensible(brand.rule))
    if not parts:
        raise ValueError(f"brand {brand.name!r} has nothing to be found by")
    return _without(any_of(tuple(parts)), brand.exclude)


def _without(rule: Node, exclude: str | None) -> Node:
    return rule if exclude is None else all_of((rule, Not(sensible(exclude))))
