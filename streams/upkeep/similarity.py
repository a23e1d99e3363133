"""Whether two texts are copies of each other: what a person would say who saw them side by side."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MIN_SIMILARITY: Final = 0.6  # of their words, counting each as often as it stands there
MIN_WORDS_OF_A_PART: Final = 7  # a text cut off is a copy if this much of it is left
MAX_WORDS: Final = 400

_LEFT_OUT = re.compile(r"(?:https?://|www\.)\S+|pic\.twitter\.com/\S+|@[\w.-]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_WORD = re.compile(r"\w+")
_CUT = ("…", "...")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one text as they are compared, and what brands it is about."""

    words: tuple[str, ...]
    names: frozenset[str]  # words that name a thing, a place, a price
    brands: frozenset[str]
    is_cut: bool


def wording(text: str, brands: Sequence[str] = ()) -> Wording:
    """What of a text is compared: no links, handles, emoji, punctuation, case, accents."""
    bare = _APOSTROPHE.sub("", _LEFT_OUT.sub(" ", text))
    spelled = _WORD.findall(bare)[:MAX_WORDS]
    if spelled and spelled[0].lower() == "rt":
        spelled = spelled[1:]
    words = tuple(map(_fold, spelled))
    is_cut = bare.rstrip().endswith(_CUT)
    if is_cut and words:
        spelled, words = spelled[:-1], words[:-1]  # the last one may be half a word
    shouted = sum(map(str.isupper, spelled)) > len(spelled) / 2
    names = frozenset(
        word
        for place, (word, plain) in enumerate(zip(words, spelled, strict=True))
        if any(map(str.isdigit, plain))
        or (place > 0 and not shouted and len(plain) > 1 and plain[0].isupper())
    )
    return Wording(words, names, frozenset(brands), is_cut)


def similarity(one: Wording, other: Wording) -> float:
    """From 0 to 1; 0 for texts that are about different things, however alike their words.

    Where each has a name or a number of its own that the other lacks, one was not copied from
    the other: the same advert for another product, the same offer at another price.
    """
    if not one.words or not other.words:
        return 0.0
    if one.brands and other.brands and one.brands.isdisjoint(other.brands):
        return 0.0
    shorter, longer = sorted((one, other), key=lambda w: len(w.words))
    if len(shorter.words) >= MIN_WORDS_OF_A_PART and _is_start(shorter, longer):
        return max(len(shorter.words) / len(longer.words), MIN_SIMILARITY)
    first, second = Counter(one.words), Counter(other.words)
    own, others = first - second, second - first
    if _names_another(one, own, others) or _names_another(other, others, own):
        return 0.0
    common = (first & second).total()
    alike = common / (first | second).total()
    return alike if alike >= MIN_SIMILARITY else 0.0


def _is_start(shorter: Wording, longer: Wording) -> bool:
    same = longer.words[: len(shorter.words)] == shorter.words
    return same and (shorter.is_cut or len(shorter.words) >= MIN_SIMILARITY * len(longer.words))


def _names_another(text: Wording, own: Counter[str], others: Counter[str]) -> bool:
    """Whether `text` names something that the other text has something else in place of."""
    return bool(others) and any(word in own for word in text.names)


def _fold(word: str) -> str:
    # Not the model's folding: that comes with a compiler, which would triple the upkeep's memory.
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.lower())
    return "".join(character for character in apart if not unicodedata.combining(character))
