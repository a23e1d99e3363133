"""Inflection: whether a word is a form of another, by Snowball's stems of Spanish and English."""

import functools
from typing import Final

import Stemmer

from models.features import fold
from streams.rules.words import KEPT, compose

LANGUAGES: Final = {"es": "spanish", "en": "english"}
LONGEST: Final = 64  # letters; what is longer is no word, and would fill what is remembered
_CHANGED_AT_MOST: Final = 2  # letters at a stem's end that need not be in the word: happy, happi


@functools.cache
def _stemmer(lang: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(LANGUAGES[lang])


def languages_of(lang: str) -> tuple[str, ...]:
    """Return the languages whose forms count in a mention of this one; both if it is neither."""
    code = lang.partition("-")[0].lower()
    return (code,) if code in LANGUAGES else tuple(LANGUAGES)


@functools.lru_cache(maxsize=100_000)
def stems(word: str, lang: str) -> frozenset[str]:
    """Return the folded stems of a word as it is written and as it is without accents."""
    lower = word.lower()
    plain = fold_word(lower)
    return frozenset(fold_word(_stemmer(lang).stemWord(form)) for form in (lower, plain))


def is_form(word: str, asked: str, lang: str) -> bool:
    """Return whether a word of a mention in `lang` is a form of the one a rule asks for."""
    if len(word) > LONGEST:
        return fold_word(word) == fold_word(asked)
    return any(stems(word, code) & stems(asked, code) for code in languages_of(lang))


def stem_beginning(asked: str) -> str:
    """Return letters, at least one, that every form of a word begins with, folded."""
    found = {stem for lang in LANGUAGES for stem in stems(asked, lang)}
    shortest = min(len(stem) for stem in found)
    common = max(1, shortest - _CHANGED_AT_MOST)
    first = min(found)
    while any(not stem.startswith(first[:common]) for stem in found):
        common -= 1
    return first[: max(1, common)]


def fold_word(word: str) -> str:
    """Return a word as rules read it."""
    return "".join(
        KEPT.get(c) or fold(c, lowercase=True, strip_accents=True) for c in compose(word)
    )
