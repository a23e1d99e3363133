"""What a text is read as: words, hashtags, handles and symbols. The definition.

Texts are composed (NFC) first. Each character is then folded as `models.features.fold` does
(lower case, without accents; joiners, direction marks, variation selectors and skin tones are not
read at all), with one exception: `ñ` stays `ñ`, since `año` is not `ano`. Left to right:

* a link (`http://`, `https://` or `www.` up to white space or a character outside ASCII) holds no
  words;
* a run of letters, digits, marks and `_` is a word; right after `#` it is a hashtag too, right
  after `@` a handle instead, and right after `@` that follows a word (an address) neither;
* a letter of a script written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is a
  word of its own, so is a symbol (emoji, currency), and a flag's two letters are one word;
* everything else only separates: an apostrophe, too, so `Nimbara's` holds `nimbara`.

`streams.rules.scan` does this over a batch; `read` does it for a rule or a text to explain.
"""

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from models.features import CODE_POINTS, folding_table
from models.kernels import (
    APOSTROPHE,
    CODE_POINT_MASK,
    IGNORED,
    KIND_SHIFT,
    PUNCTUATION,
    SIGIL,
    SYMBOL,
    WORD,
)
from streams.rules.nodes import Sigil
from streams.rules.scan import FLAG, IDEOGRAPH, is_pictograph

KEPT: Final = {"ñ": "ñ", "Ñ": "ñ"}
SPEECH_MARKS: Final = "?!¿¡"
FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)
WITHOUT_SPACES: Final = (
    range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800), range(0x2E80, 0x2FE0),
    range(0x3005, 0x3008), range(0x3021, 0x302A), range(0x3040, 0x3100), range(0x31F0, 0x3200),
    range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x34000),
)  # fmt: skip


@functools.cache
def reading_table(*, lowercase: bool = True) -> npt.NDArray[np.uint32]:
    """Return what each code point is read as: its folded form below its kind."""
    table = folding_table(lowercase=lowercase, strip_accents=True).copy()
    for character, kept in KEPT.items():
        folded = kept if lowercase else character
        table[ord(character)] = ord(folded) | WORD << KIND_SHIFT
    kinds = table >> KIND_SHIFT
    folded_points = table & CODE_POINT_MASK
    separates = (kinds == APOSTROPHE) | np.isin(folded_points, [ord(c) for c in SPEECH_MARKS])
    _set_kind(table, separates & (kinds != IGNORED), PUNCTUATION)
    for points in WITHOUT_SPACES:
        inside = (folded_points >= points.start) & (folded_points < points.stop)
        _set_kind(table, inside & (kinds == WORD), IDEOGRAPH)
    flags = (folded_points >= FLAG_LETTERS.start) & (folded_points < FLAG_LETTERS.stop)
    _set_kind(table, flags & (kinds == SYMBOL), FLAG)
    if len(table) != CODE_POINTS:
        raise AssertionError("a table has an entry for each code point")
    table.setflags(write=False)
    return table


def _set_kind(table: npt.NDArray[np.uint32], where: npt.NDArray[np.bool_], kind: int) -> None:
    table[where] = (table[where] & CODE_POINT_MASK) | np.uint32(kind << KIND_SHIFT)


@dataclass(frozen=True, slots=True)
class Read:
    """A word found in a text; `start` and `end` hold its characters, without # or @."""

    folded: str
    start: int
    end: int
    sigil: Sigil
    is_word: bool  # false for handles and for what follows the @ of an address
    is_handle: bool
    is_picture: bool


def compose(text: str) -> str:
    """Return the text as it is read: composed, so that an accent belongs to its letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def read(
    text: str, *, wildcards: str = "", links: bool = True, found_links: list[int] | None = None
) -> Iterator[Read]:
    """Yield the words of a composed text; characters in `wildcards` are read as letters.

    Where links are passed over, their places are added to `found_links`.
    """
    entries = [
        ord(c) | WORD << KIND_SHIFT if c in wildcards else int(entry)
        for c, entry in zip(text, _entries(text), strict=True)
    ]
    read_at = [at for at, entry in enumerate(entries) if entry >> KIND_SHIFT != IGNORED]
    line = [entries[at] for at in read_at]
    letters = [chr(entry & CODE_POINT_MASK) for entry in line]
    kinds = [entry >> KIND_SHIFT for entry in line]
    at = 0
    while at < len(line):
        end = _link_end(letters, at) if links else at
        if end > at:
            if found_links is not None:
                found_links.append(read_at[at])
            at = end
            continue
        start, sigil = at, ""
        if kinds[at] == SIGIL:
            sigil = letters[at]
            at += 1
            if at == len(line) or kinds[at] not in (WORD, IDEOGRAPH):
                continue
        end = _word_end(kinds, at)
        if end == at:
            at += 1
            continue
        glued = sigil == "@" and start > 0 and kinds[start - 1] == WORD
        yield Read(
            folded="".join(letters[at:end]),
            start=read_at[at],
            end=read_at[end - 1] + 1,
            sigil=cast(Sigil, sigil),
            is_word=sigil != "@",
            is_handle=sigil == "@" and not glued,
            is_picture=kinds[at] == FLAG
            or (kinds[at] == SYMBOL and bool(is_pictograph(np.uint32(line[at] & CODE_POINT_MASK)))),
        )
        at = end


def _entries(text: str) -> npt.NDArray[np.uint32]:
    return reading_table()[code_points(text)]


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the text's code points; lone surrogates stay what they are."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _word_end(kinds: list[int], at: int) -> int:
    kind = kinds[at]
    if kind in (IDEOGRAPH, SYMBOL):
        return at + 1
    if kind == FLAG:
        return at + 2 if at + 1 < len(kinds) and kinds[at + 1] == FLAG else at + 1
    while at < len(kinds) and kinds[at] == WORD:
        at += 1
    return at


def _link_end(letters: list[str], at: int) -> int:
    head = "".join(letters[at : at + 8])
    if not head.startswith(("http://", "https://", "www.")):
        return at
    while at < len(letters) and "!" <= letters[at] <= "~":
        at += 1
    return at
