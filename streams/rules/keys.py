"""What must be there for a rule to match: the literals or fields by which it is found.

`keys_of` returns what holds, at least in part, wherever the rule matches: the rarest such set that
it finds, or none when the rule can match without anything being there.
"""

from dataclasses import dataclass
from typing import Final

from streams.rules.nodes import And, Field, Near, Node, Not, Or, Phrase, Token

FIELD_SHARE: Final = 0.5  # of mentions that a field holds for: more than any word
FREQUENT_SHARE: Final = 0.2
# Words of Spanish and English that many mentions hold; as keys they would find little.
FREQUENT: Final = frozenset({
    "a", "al", "and", "are", "as", "at", "be", "but", "by", "can", "com", "como", "con", "cuando",
    "de", "del", "do", "el", "ella", "en", "entre", "era", "es", "esta", "este", "esto", "estoy",
    "for", "from", "get", "gracias", "ha", "hace", "hay", "he", "how", "i", "if", "in", "is",
    "it", "its", "just", "la", "las", "le", "lo", "los", "mas", "me", "mi", "mis", "mucho", "muy",
    "my", "no", "nos", "not", "now", "o", "of", "on", "or", "otra", "para", "pero", "por",
    "porque", "q", "que", "se", "ser", "si", "sin", "so", "sobre", "son", "soy", "su", "sus",
    "te", "the", "they", "this", "tiene", "to", "todo", "tu", "u", "un", "una", "up", "us", "was",
    "we", "what", "when", "will", "with", "y", "ya", "yo", "you", "your",
})  # fmt: skip


Ask = Token | Field


@dataclass(frozen=True, slots=True)
class Keys:
    """Pairs of which one must hold, and about which share of mentions they find.

    Both of a pair must: where the first is there, a look for the second spares the evaluation.
    """

    pairs: frozenset[tuple[Ask, Ask | None]]
    share: float


def keys_of(node: Node) -> Keys | None:
    """Return the keys of a rule, or None when nothing has to be there for it to match."""
    match node:
        case Field():
            return Keys(frozenset({(node, None)}), FIELD_SHARE)
        case Phrase():
            rarest, *others = sorted(dict.fromkeys(node.tokens), key=_share)
            return Keys(frozenset({(rarest, others[0] if others else None)}), _share(rarest))
        case Near():
            return _rarest([_either([keys_of(p) for p in o]) for o in node.operands])
        case Not():
            return None if not isinstance(node.child, Not) else keys_of(node.child.child)
        case And():
            return _rarest([keys_of(child) for child in node.children])
        case Or():
            return _either([keys_of(child) for child in node.children])


def _rarest(found: list[Keys | None]) -> Keys | None:
    """Return the rarest keys, their pairs completed from others that come down to one thing."""
    known = sorted((keys for keys in found if keys is not None), key=lambda keys: keys.share)
    if not known:
        return None
    single = [ask for keys in known[1:] if len(keys.pairs) == 1 for ask, _ in keys.pairs]
    if not single:
        return known[0]
    pairs = frozenset((ask, also or single[0]) for ask, also in known[0].pairs)
    return Keys(pairs, known[0].share)


def _either(found: list[Keys | None]) -> Keys | None:
    known = [keys for keys in found if keys is not None]
    if len(known) < len(found):
        return None
    pairs = frozenset().union(*(keys.pairs for keys in known))
    return Keys(pairs, sum(keys.share for keys in known))


def _share(token: Token) -> float:
    """Guess how many mentions hold a word: long ones are rare, and so are tags and handles."""
    if token.how == "word" and token.text in FREQUENT:
        return FREQUENT_SHARE
    length = len(token.text.split("*")[0].split("?")[0])
    share = 0.1 / max(1, length) ** 2
    if token.how in ("prefix", "pattern", "stem"):
        share *= 4
    return share / 4 if token.sigil else share
