"""What is allowed in a listening file and yet seldom meant."""

from collections.abc import Iterator

from streams.rules.entities import Entity, entities_of
from streams.rules.listening import Listening
from streams.rules.nodes import Node, Or, Phrase
from streams.rules.sense import describe, warnings_of


def warnings_of_listening(listening: Listening) -> list[str]:
    """Return warnings; each says what it is about."""
    entities = list(entities_of(listening))
    return [*_same_rules(entities), *_shared_names(entities), *_odd_parts(entities)]


def _same_rules(entities: list[Entity]) -> Iterator[str]:
    """Two of one section that always match together."""
    first: dict[tuple[object, ...], Entity] = {}
    for entity in entities:
        key = (entity.section, _canonical(entity.rule), entity.start, entity.end)
        if (same := first.setdefault(key, entity)) is not entity:
            yield f"{entity.section}: `{same.name}` and `{entity.name}` have the same rule"


def _shared_names(entities: list[Entity]) -> Iterator[str]:
    """A name by which two brands are found."""
    owner: dict[Phrase, Entity] = {}
    for entity in entities:
        if entity.section != "brands":
            continue
        parts = entity.rule.children if isinstance(entity.rule, Or) else (entity.rule,)
        for part in parts:
            if isinstance(part, Phrase) and (other := owner.setdefault(part, entity)) is not entity:
                yield f"brands: {describe(part)} finds both `{other.name}` and `{entity.name}`"


def _odd_parts(entities: list[Entity]) -> Iterator[str]:
    for entity in entities:
        for problem in warnings_of(entity.rule):
            yield f"{entity.section}: `{entity.name}`: {problem}"


def _canonical(node: Node) -> object:
    """Return the same for rules that differ only in order and repetition within AND and OR."""
    children = getattr(node, "children", None)
    if children is None:
        return node
    return type(node), frozenset(map(_canonical, children))
