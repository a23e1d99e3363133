"""The closer look at words that a scan found by their beginning or without accents and case."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from models.features import SKIN_TONES, fold
from streams.rules.nodes import Token
from streams.rules.stems import LONGEST, fold_word, is_form
from streams.rules.words import KEPT, compose

MAX_REMEMBERED: Final = 200_000


def holds(token: Token, word: str, lang: str) -> bool:
    """Return whether a word of a text, as written there, is what a token asks for."""
    match token.how:
        case "stem":
            return is_form(word, token.text, lang)
        case "pattern":
            return _glob(token.text, fold_word(word))
        case "case":
            return _keep_case(word) == _keep_case(token.text)
        case "exact":
            return _as_written(word) == _as_written(token.text)
        case "prefix":
            return fold_word(word).startswith(token.text)
        case "word":
            return fold_word(word) == token.text


class CloserLook:
    """Remembers what it has looked at, by the numbers of tokens: to hash one takes longer."""

    def __init__(self, tokens: Mapping[int, Token]) -> None:
        self._tokens = tokens
        self._stems = {number for number, token in tokens.items() if token.how == "stem"}
        self._known: dict[tuple[int, str, str], bool] = {}

    def holds(self, number: int, word: str, lang: str) -> bool:
        """Return whether a word, as written, is what the token of this number asks for."""
        key = (number, word, lang if number in self._stems else "")
        known = self._known.get(key)
        if known is None:
            known = holds(self._tokens[number], word, lang)
            if len(word) <= LONGEST:
                if len(self._known) >= MAX_REMEMBERED:
                    self._known.clear()
                self._known[key] = known
        return known


def _keep_case(word: str) -> str:
    return "".join(
        c if c in KEPT else fold(c, lowercase=False, strip_accents=True) for c in compose(word)
    )


def _as_written(word: str) -> str:
    return "".join(
        c for c in compose(word) if unicodedata.category(c) != "Cf" and ord(c) not in SKIN_TONES
    )


def _glob(pattern: str, word: str) -> bool:
    """Match `*` and `?` in time that grows with the product of the lengths, never faster."""
    at = in_pattern = 0
    star = resume = -1
    while at < len(word):
        letter = pattern[in_pattern : in_pattern + 1]
        if letter == "*":
            star, resume = in_pattern, at
            in_pattern += 1
        elif letter and letter in ("?", word[at]):
            in_pattern += 1
            at += 1
        elif star >= 0:
            resume += 1
            in_pattern, at = star + 1, resume
        else:
            return False
    return not pattern[in_pattern:].strip("*")
