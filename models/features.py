"""What a mention is broken into before anything learns from it: the definition.

Every character is folded to one character or to nothing, and given a kind (`fold`, `kind_of`).
Left to right, the folded text then yields tokens:

* a link (`http://`, `https://` or `www.` up to white space or a character outside ASCII) is one
  token, the same for all links;
* a run of word characters (letters, digits, marks, `_`) is a token; an apostrophe between two of
  them belongs to it (`don't`), and so does one `@` or `#` right before it (`@iberia`, `#oferta`);
* a symbol is a token of its own: emoji, currency signs, and `? ! ¿ ¡`, which tell a question or
  an exclamation from a statement;
* everything else only separates.

Features are word n-grams (over all tokens) and character n-grams (over each word token with a
space put before and after, as scikit-learn's `char_wb` does over words). `models.reference` says
the same in plain Python, `models.analyser` compiles it, and tests hold the two equal.
"""

import functools
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt

from models.kernels import (
    APOSTROPHE,
    IGNORED,
    KIND_SHIFT,
    PUNCTUATION,
    SIGIL,
    SPACE,
    SYMBOL,
    WORD,
)

SIGILS: Final = "@#"
APOSTROPHES: Final = "'’‘`´ʼ"  # keyboards and phones disagree; all are read as the first
SPEECH_MARKS: Final = "?!¿¡"
SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
LINK_TOKEN: Final = "<link>"  # noqa: S105  # no token holds "<" beside a letter

CODE_POINTS: Final = 0x110000
# Above these, Unicode has assigned only private use and variation selectors.
ASSIGNED: Final = (range(0x34000), range(0xE0000, 0xE0200))


def fold(character: str, *, lowercase: bool, strip_accents: bool) -> str:
    """Return the one character this one is read as, or "" when it is not read at all.

    Never read: format characters (joiners, soft hyphens, direction marks) and skin tones, so an
    emoji is one token in every tone. With `strip_accents`, combining marks are not read either,
    and a character whose compatibility decomposition has exactly one base becomes that base
    (`ñ` is `n`, `Ａ` is `A`, `𝗮` is `a`). One that would become several (`…`, `ﬁ`, `½`, a Hangul
    syllable) stays itself; of a lower case of several code points (only `İ`) the first is kept.
    """
    category = unicodedata.category(character)
    if category == "Cf" or ord(character) in SKIN_TONES:
        return ""
    if character in APOSTROPHES:
        return APOSTROPHES[0]
    if strip_accents:
        if category in ("Mn", "Me"):
            return ""
        decomposed = unicodedata.normalize("NFKD", character)
        if decomposed != character:
            bases = [part for part in decomposed if not unicodedata.combining(part)]
            if len(bases) == 1:
                character = bases[0]
    return character.lower()[0] if lowercase else character


def kind_of(folded: str) -> int:
    """Return the kind of a folded character, or of "".

    Unassigned and private characters are symbols, since next year's emoji are among them; lone
    surrogates (half of a broken emoji) only separate.
    """
    if not folded:
        return IGNORED
    if folded in SIGILS:
        return SIGIL
    if folded in APOSTROPHES:
        return APOSTROPHE
    if folded in SPEECH_MARKS:
        return SYMBOL
    category = unicodedata.category(folded)
    if category[0] in "LNM" or folded == "_":
        return WORD
    if category in ("So", "Sc", "Cn", "Co"):
        return SYMBOL
    return SPACE if category[0] == "Z" or category == "Cc" else PUNCTUATION


@functools.cache
def folding_table(*, lowercase: bool, strip_accents: bool) -> npt.NDArray[np.uint32]:
    """Return `fold` and `kind_of` of every code point, shape (0x110000,), read-only, 4.5 MB."""
    table = np.arange(CODE_POINTS, dtype=np.uint32) | np.uint32(SYMBOL << KIND_SHIFT)
    for code_points in ASSIGNED:
        table[code_points.start : code_points.stop] = np.fromiter(
            (_entry(point, lowercase, strip_accents) for point in code_points),
            dtype=np.uint32,
            count=len(code_points),
        )
    table.setflags(write=False)
    return table


def _entry(code_point: int, lowercase: bool, strip_accents: bool) -> int:
    folded = fold(chr(code_point), lowercase=lowercase, strip_accents=strip_accents)
    return (ord(folded) if folded else 0) | kind_of(folded) << KIND_SHIFT
