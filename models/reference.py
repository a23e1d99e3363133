"""The features in plain Python: readable, and hundreds of times slower.

Tests hold the compiled analyser to it, exactly. It also names features, which hashes cannot, and
tells which tokens a feature is made of: `models.explain` is defined by it.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from models.features import LINK_TOKEN, fold, kind_of
from models.kernels import (
    APOSTROPHE,
    CHARACTER_SALT,
    FINALISER,
    LINK_HASH,
    MULTIPLIER,
    SIGIL,
    SYMBOL,
    TOKEN_SALT,
    WORD,
    WORD_SALT,
)

Range = tuple[int, int]

_LINK: Final = re.compile(r"(?:https?://|www\.)[!-~]*", re.ASCII | re.IGNORECASE)
_LETTER_OF_KIND: Final = {SIGIL: "@", WORD: "w", APOSTROPHE: "'", SYMBOL: "s"}
_TOKEN: Final = re.compile(r"@?w(?:w|'(?=w))*|s")
_BITS: Final = (1 << 64) - 1


class Feature(NamedTuple):
    """A word n-gram (its tokens) or a character n-gram (its characters, as one part)."""

    salt: int
    parts: tuple[str, ...]

    def hash(self) -> int:
        """Return the feature's 64-bit hash."""
        if self.salt == CHARACTER_SALT:
            return _hash_text(CHARACTER_SALT, self.parts[0])
        state = WORD_SALT
        for token in self.parts:
            state = _step(state, _hash_token(token))
        return state

    def column(self, n_features: int) -> int:
        """Return the column of the feature among `n_features`, a power of two."""
        return _spread(self.hash()) >> (64 - _log2(n_features))

    def sign(self, n_features: int) -> int:
        """Return 1 or -1, from the bit below those that make the column."""
        return 1 - 2 * (_spread(self.hash()) >> (63 - _log2(n_features)) & 1)


class Token(NamedTuple):
    """A token as it is read, and where it stands: `text[start:end]` as it was written.

    It ends where the next character begins that is read, so that an emoji has its skin tone and
    a letter its combining accents.
    """

    read: str
    start: int
    end: int


def located(text: str, *, lowercase: bool = True, strip_accents: bool = True) -> list[Token]:
    """Return the tokens of a text, in order, as `models.features` defines them."""
    read = [fold(char, lowercase=lowercase, strip_accents=strip_accents) for char in text]
    folded = "".join(read)
    places = [place for place, character in enumerate(read) if character] + [len(text)]
    kinds = "".join(_LETTER_OF_KIND.get(kind_of(character), " ") for character in folded)
    found: list[Token] = []
    position = 0
    while position < len(folded):
        if link := _LINK.match(folded, position):
            found.append(Token(LINK_TOKEN, places[position], places[link.end()]))
            position = link.end()
        elif token := _TOKEN.match(kinds, position):
            word = folded[position : token.end()]
            found.append(Token(word, places[position], places[token.end()]))
            position = token.end()
        else:
            position += 1
    return found


def tokens(text: str, *, lowercase: bool = True, strip_accents: bool = True) -> list[str]:
    """Return the tokens of a text as they are read, in order."""
    found = located(text, lowercase=lowercase, strip_accents=strip_accents)
    return [token.read for token in found]


def features(
    text: str,
    *,
    word_ngrams: Range | None = (1, 2),
    char_ngrams: Range | None = (3, 5),
    lowercase: bool = True,
    strip_accents: bool = True,
) -> Iterator[Feature]:
    """Yield every feature of a text, repeats included: character n-grams, then word n-grams."""
    found = tokens(text, lowercase=lowercase, strip_accents=strip_accents)
    for feature, _ in features_of(found, word_ngrams=word_ngrams, char_ngrams=char_ngrams):
        yield feature


def features_of(
    found: Sequence[str],
    *,
    word_ngrams: Range | None = (1, 2),
    char_ngrams: Range | None = (3, 5),
) -> Iterator[tuple[Feature, range]]:
    """Yield every feature of some tokens, with the numbers of the tokens it is made of."""
    if char_ngrams:
        for number, token in enumerate(found):
            if token != LINK_TOKEN and kind_of(token[-1]) == WORD:
                for gram in _character_ngrams(f" {token} ", *char_ngrams):
                    yield Feature(CHARACTER_SALT, (gram,)), range(number, number + 1)
    if word_ngrams:
        for start in range(len(found)):
            for size in range(word_ngrams[0], word_ngrams[1] + 1):
                if start + size <= len(found):
                    own = range(start, start + size)
                    yield Feature(WORD_SALT, tuple(found[start : start + size])), own


def row(
    text: str,
    *,
    n_features: int = 2**18,
    norm: str | None = "l2",
    sublinear_tf: bool = False,
    alternate_sign: bool = False,
    **settings: object,
) -> dict[int, float]:
    """Return the values of a text by column, before they are rounded to float32."""
    values: dict[int, float] = {}
    for feature in features(text, **settings):  # type: ignore[arg-type]  # passed on as given
        sign = feature.sign(n_features) if alternate_sign else 1
        index = feature.column(n_features)
        values[index] = values.get(index, 0.0) + sign
    if sublinear_tf:
        values = {
            index: math.copysign(1 + math.log(abs(value)), value) if value else 0.0
            for index, value in values.items()
        }
    length = 0.0
    for value in values.values():  # not sum(): it compensates, and the compiled loop does not
        length += value * value if norm == "l2" else abs(value)
    if norm and length:
        scale = math.sqrt(length) if norm == "l2" else length
        values = {index: value / scale for index, value in values.items()}
    return values


def _character_ngrams(padded: str, smallest: int, largest: int) -> Iterator[str]:
    if len(padded) < smallest:
        yield padded  # a short word still counts once, as in scikit-learn
    for start in range(len(padded) - smallest + 1):
        for size in range(smallest, min(largest, len(padded) - start) + 1):
            yield padded[start : start + size]


def _hash_token(token: str) -> int:
    return LINK_HASH if token == LINK_TOKEN else _hash_text(TOKEN_SALT, token)


def _hash_text(salt: int, text: str) -> int:
    state = salt
    for character in text:
        state = _step(state, ord(character))
    return state


def _step(state: int, value: int) -> int:
    state = (state ^ value) * MULTIPLIER & _BITS
    return state ^ state >> 32


def _spread(state: int) -> int:
    return state * FINALISER & _BITS


def _log2(n_features: int) -> int:
    return n_features.bit_length() - 1
