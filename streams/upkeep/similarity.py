"""Whether two texts are copies of each other: what a person would say who saw them side by side."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

MIN_SIMILARITY: Final = 0.6  # of their words, counting each as often as it stands there
MIN_WORDS_OF_A_PART: Final = 7  # a text cut off is a copy if this much of it is left
MAX_WORDS: Final = 400

_LEFT_OUT = re.compile(r"(?:https?://|www\.)\S+|pic\.twitter\.com/\S+|@[\w.-]+")
_MARKS = ("@", "://", "www.", "pic.")  # without one of them there is nothing to leave out
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_WORD = re.compile(r"\w+")
_CUT = ("…", "...")


@dataclass(frozen=True)
class Wording:
    """The words of one text as they are compared, and what brands it is about."""

    words: tuple[str, ...]
    spelled: Sequence[str]  # the same as they stand in the text
    distinct: frozenset[str]
    brands: frozenset[str]
    is_cut: bool

    # What follows is for the few that are alike at first sight.

    @cached_property
    def counted(self) -> frozenset[str]:
        """The words; a second "very" is "very 2", so that each counts."""
        return frozenset(_counted(self.words))

    @cached_property
    def names(self) -> frozenset[str]:
        """Of `counted` the last ones of words that name a thing, a place, a price."""
        last = dict(zip(self.words, _counted(self.words), strict=True))
        return frozenset(map(last.__getitem__, _names(self.words, self.spelled)))


def wording(text: str, brands: Sequence[str] = ()) -> Wording:
    """What of a text is compared: no links, handles, emoji, punctuation, case, accents."""
    bare = _LEFT_OUT.sub(" ", text) if any(map(text.__contains__, _MARKS)) else text
    if "'" in bare or "’" in bare:
        bare = _APOSTROPHE.sub("", bare)
    spelled = _WORD.findall(bare)[:MAX_WORDS]
    if spelled and spelled[0].lower() == "rt":
        spelled = spelled[1:]
    words = tuple(map(str.lower if bare.isascii() else _fold, spelled))
    is_cut = bare.rstrip().endswith(_CUT)
    if is_cut and words:
        spelled, words = spelled[:-1], words[:-1]  # the last one may be half a word
    return Wording(words, spelled, frozenset(words), frozenset(brands), is_cut)


def _counted(words: Sequence[str]) -> Sequence[str]:
    if len(set(words)) == len(words):
        return words
    times: dict[str, int] = {}
    counted = []
    for word in words:
        time = times[word] = times.get(word, 0) + 1
        counted.append(word if time == 1 else f"{word} {time}")
    return counted


def _names(words: Sequence[str], spelled: Sequence[str]) -> set[str]:
    names = set()
    odd = [place for place, plain in enumerate(spelled) if not plain.islower()]
    if odd and sum(map(str.isupper, spelled)) <= len(spelled) / 2:  # else all of it is shouted
        names = {words[n] for n in odd if n and len(spelled[n]) > 1 and spelled[n][0].isupper()}
    if not all(map(str.isalpha, spelled)):
        names.update(
            word
            for word, plain in zip(words, spelled, strict=True)
            if not plain.isalpha() and any(map(str.isdigit, plain))
        )
    return names


def similarity(one: Wording, other: Wording) -> float:
    """From 0 to 1; 0 for texts that are about different things, however alike their words.

    Where each has a name or a number of its own that the other lacks, one was not copied from
    the other: the same advert for another product, the same offer at another price.
    """
    if not one.words or not other.words:
        return 0.0
    if one.brands and other.brands and one.brands.isdisjoint(other.brands):
        return 0.0
    shorter, longer = (one, other) if len(one.words) <= len(other.words) else (other, one)
    if len(shorter.words) >= MIN_WORDS_OF_A_PART and _is_start(shorter, longer):
        return max(len(shorter.words) / len(longer.words), MIN_SIMILARITY)
    # At most so many words are common to both; for most pairs that is too few already.
    most = len(one.distinct & other.distinct) + min(_repeated(one), _repeated(other))
    if most < MIN_SIMILARITY * (len(one.words) + len(other.words) - most):
        return 0.0
    common = len(one.counted & other.counted)
    alike = common / (len(one.counted) + len(other.counted) - common)
    if alike < MIN_SIMILARITY or _names_another(one, other, common):
        return 0.0
    return 0.0 if _names_another(other, one, common) else alike


def _repeated(text: Wording) -> int:
    return len(text.words) - len(text.distinct)


def _is_start(shorter: Wording, longer: Wording) -> bool:
    long_enough = shorter.is_cut or len(shorter.words) >= MIN_SIMILARITY * len(longer.words)
    return long_enough and longer.words[: len(shorter.words)] == shorter.words


def _names_another(text: Wording, other: Wording, common: int) -> bool:
    """Whether `text` names something that the other text has something else in place of."""
    return common < len(other.counted) and not text.names <= other.counted


def _fold(word: str) -> str:
    # Not the model's folding: that comes with a compiler, which would triple the upkeep's memory.
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.lower())
    return "".join(character for character in apart if not unicodedata.combining(character))
