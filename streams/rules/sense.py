"""Whether a rule makes sense: it must be able to match, and not match everything.

Only what is certain is reported. A rule is said to be unable to match when a contradiction follows
from conditions that must hold together; contradictions hidden in combinations of several ORs are
not looked for.
"""

from collections.abc import Iterator

from streams.rules.errors import Problem
from streams.rules.fields import ONE_VALUE
from streams.rules.keys import keys_of
from streams.rules.nodes import And, Field, Leaf, Node, Not, Or, Phrase


def problems_of(node: Node) -> list[Problem]:
    """Return why a rule as a whole makes no sense; nothing when it does."""
    clash = contradiction(node)
    if clash is not None:
        return [_problem(clash[1], f"this rule can never match: {clash[0]}", "change one of them")]
    if keys_of(node) is None:
        culprit = next(_unbound(node), node)
        return [
            _problem(
                culprit,
                "this rule matches almost everything: NOT alone asks for nothing to be there",
                "add a word or a field that must be there: `brand NOT word`",
            )
        ]
    return []


def warnings_of(node: Node) -> list[Problem]:
    """Return the parts of a rule that can be left out, since they can never match."""
    found = []
    if isinstance(node, Or):
        for child in node.children:
            clash = contradiction(child)
            if clash is not None:
                message = f"this part can never match: {clash[0]}"
                found.append(_problem(child, message, "remove it"))
            else:
                found += warnings_of(child)
        seen: set[Node] = set()
        for child in node.children:
            if child in seen:
                found.append(_problem(child, "this stands twice in the same OR", "remove it"))
            seen.add(child)
    elif isinstance(node, And):
        for child in node.children:
            found += warnings_of(child)
    return found


def _problem(node: Node, message: str, remedy: str) -> Problem:
    return Problem(start=node.span[0], end=node.span[1], message=message, remedy=remedy)


def _unbound(node: Node) -> Iterator[Node]:
    """Yield the parts that let a rule match without anything being there."""
    if isinstance(node, Or):
        for child in node.children:
            if keys_of(child) is None:
                yield from _unbound(child)
    elif keys_of(node) is None:
        yield node


Facts = dict[Leaf, tuple[bool, Node]]  # what must hold or not, and where that is written


def contradiction(node: Node, facts: Facts | None = None) -> tuple[str, Node] | None:
    """Return why a node cannot hold, given what must hold beside it, and where it clashes."""
    known: Facts = dict(facts or {})
    later: list[Node] = []
    for child in _conjuncts(node):
        positive = not isinstance(child, Not)
        leaf = child.child if isinstance(child, Not) else child
        if isinstance(leaf, And | Or | Not):
            later.append(child)
            continue
        clash = _clash(leaf, positive, known)
        if clash:
            return clash, child
        known[leaf] = (positive, child)
    for child in later:
        if isinstance(child, Or):
            reasons = [contradiction(alternative, known) for alternative in child.children]
            if all(reasons):
                return reasons[0]
    return None


def _conjuncts(node: Node) -> Iterator[Node]:
    """Yield what must all hold; NOT over AND, OR and NOT is moved inwards first."""
    if isinstance(node, And):
        for child in node.children:
            yield from _conjuncts(child)
    elif isinstance(node, Not) and isinstance(node.child, Not):
        yield from _conjuncts(node.child.child)
    elif isinstance(node, Not) and isinstance(node.child, Or):
        for child in node.child.children:
            yield from _conjuncts(Not(child, child.span))
    elif isinstance(node, Not) and isinstance(node.child, And):
        yield Or(tuple(Not(child, child.span) for child in node.child.children), node.span)
    else:
        yield node


def _clash(leaf: Leaf, positive: bool, known: Facts) -> str:
    """Return why a leaf cannot be so beside what is known, or nothing."""
    if leaf in known and known[leaf][0] != positive:
        return f"{describe(leaf)} must be there and must not"
    held = [other for other, (holds, _) in known.items() if holds]
    denied = [other for other, (holds, _) in known.items() if not holds]
    if positive:
        for other in denied:
            if _implies(leaf, other):
                return f"{describe(leaf)} contains {describe(other)}, which must not be there"
        if isinstance(leaf, Field):
            return _field_clash(leaf, [other for other in held if isinstance(other, Field)])
    else:
        for other in held:
            if _implies(other, leaf):
                return f"{describe(other)} contains {describe(leaf)}, which must not be there"
    return ""


def _field_clash(leaf: Field, held: list[Field]) -> str:
    for other in held:
        if other.name != leaf.name:
            continue
        if leaf.name == "followers":
            low = max(leaf.low, other.low)
            highs = [high for high in (leaf.high, other.high) if high is not None]
            if highs and low > min(highs):
                return f"{describe(other)} and {describe(leaf)} exclude each other"
        elif leaf.name in ONE_VALUE and leaf.value != other.value:
            longer, shorter = sorted((leaf.value, other.value), key=len, reverse=True)
            if leaf.name == "lang" and longer.startswith(shorter + "-"):
                continue
            return f"{describe(other)} and {describe(leaf)} exclude each other"
    return ""


def _implies(one: Leaf, other: Leaf) -> bool:
    """Return whether where one holds the other certainly does (not whenever it does)."""
    if one == other:
        return True
    if isinstance(one, Field) and isinstance(other, Field):
        if one.name != other.name:
            return False
        if one.name == "followers":
            fits_above = other.high is None or (one.high is not None and one.high <= other.high)
            return one.low >= other.low and fits_above
        return one.name == "lang" and one.value.startswith(other.value + "-")
    if isinstance(one, Phrase) and isinstance(other, Phrase):
        size = len(other.tokens)
        return any(
            one.tokens[at : at + size] == other.tokens for at in range(len(one.tokens) - size + 1)
        )
    return False


def describe(leaf: Leaf) -> str:
    """Return a leaf as a user would write it."""
    if isinstance(leaf, Field):
        if leaf.name == "followers":
            return f"`followers:{leaf.low}..{'' if leaf.high is None else leaf.high}`"
        return f"`{leaf.name}:{leaf.value}`"
    if isinstance(leaf, Phrase):
        words = " ".join(token.sigil + token.text for token in leaf.tokens)
        marks = {
            "prefix": ("", "*"),
            "stem": ("~", ""),
            "case": ("case:", ""),
            "exact": ("exact:", ""),
        }
        before, after = marks.get(leaf.tokens[0].how, ("", ""))
        return f"`{before}{words}{after}`" if len(leaf.tokens) == 1 else f'`{before}"{words}"`'
    return f"this NEAR/{leaf.distance}"
