"""The compiled loops of the enrichment: one pass over the characters of a whole batch.

They release the GIL, are compiled on first use and kept on disk, like those of `models.kernels`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.kernels import APOSTROPHE, CODE_POINT_MASK, IGNORED, KIND_SHIFT, SIGIL, WORD, compiled

# What `survey` counts of each text.
CHARACTERS_NOT_ASCII: Final = 0
UNTIDY: Final = 1  # places that normalisation would change, or must look at
HASHES: Final = 2
ATS: Final = 3
LINKS: Final = 4  # "://" and "www."
PICTURES: Final = 5  # characters that may be, or be part of, an emoji
LETTERS: Final = 6
CAPITALS: Final = 7
LONGEST_RUN: Final = 8  # of one and the same letter or mark
WORDS: Final = 9
COLUMNS: Final = 10

_CODE_POINT_MASK = np.uint32(CODE_POINT_MASK)
_KIND_SHIFT = np.uint32(KIND_SHIFT)
_START = np.uint64(0x452821E638D01377)  # digits of pi: the state before the first character
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FINALISER = np.uint64(0x9FB21C651E98DF25)
_HALF = np.uint64(32)


def code_points(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """All characters of `texts` in one array, and where each text begins and the last one ends."""
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, count=len(texts)), out=offsets[1:])
    encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32), offsets


@compiled
def _continues_utf8(character: np.uint32) -> bool:
    """Whether it is what a byte from 80 to BF looks like, read as Latin-1 or Windows-1252."""
    return bool(
        0x80 <= character <= 0xBF
        or character in (0x152, 0x153, 0x160, 0x161, 0x178, 0x17D, 0x17E, 0x192, 0x2C6, 0x2DC)
        or 0x2013 <= character <= 0x203A
        or character in (0x20AC, 0x2122)
    )


@compiled
def _is_blank(character: np.uint32) -> bool:
    """Whether it is any blank but the plain space and the newline."""
    return bool(
        character in (0x09, 0x0B, 0x0C, 0x0D, 0x85, 0xA0, 0x1680, 0x202F, 0x205F, 0x3000)
        or 0x2000 <= character <= 0x200A
        or character in (0x2028, 0x2029)
    )


@compiled
def _is_invisible(character: np.uint32) -> bool:
    """Whether it is a control or has no width."""
    return bool(
        (character < 0x20 and character != 0x0A)
        or 0x7F <= character <= 0x9F
        or character in (0xAD, 0x61C, 0x180E, 0xFEFF)
        or 0x200B <= character <= 0x200F
        or 0x202A <= character <= 0x202E
        or 0x2060 <= character <= 0x206F
        or 0xD800 <= character <= 0xDFFF
        or 0xE0000 <= character <= 0xE007F
    )


@compiled
def _is_picture(character: np.uint32) -> bool:
    return bool(
        character in (0xA9, 0xAE, 0x203C, 0x2049, 0x20E3, 0x2122, 0x2139, 0x3030, 0x303D)
        or 0x2190 <= character <= 0x2BFF
        or character in (0x3297, 0x3299, 0xFE0F)
        or 0x1F000 <= character <= 0x1FAFF
    )


@compiled
def survey(
    characters: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint32],
) -> npt.NDArray[np.int32]:
    """Count what is in each text: a row of COLUMNS numbers for each.

    `table` is `models.features.folding_table` without folding of accents.
    """
    rows = offsets.size - 1
    found = np.zeros((rows, COLUMNS), np.int32)
    zero, space, newline = np.uint32(0), np.uint32(0x20), np.uint32(0x0A)
    for row in range(rows):
        counts = found[row]
        before = space  # so that a blank at the start counts as a double one
        run = 0
        in_word = False
        start, end = offsets[row], offsets[row + 1]
        for at in range(start, end):
            character = characters[at]
            following = characters[at + 1] if at + 1 < end else np.uint32(0)
            if character == space:
                if before in (space, newline) or following in (zero, newline):
                    counts[UNTIDY] += 1
                in_word = False
            elif character < 0x80:
                if character < 0x20 or character == 0x7F:
                    if character != newline or at == start or at + 1 == end:
                        counts[UNTIDY] += 1
                elif character == ord("&"):
                    if following == ord("#") or ord("A") <= (following & 0xDF) <= ord("Z"):
                        counts[UNTIDY] += 1
                elif character == ord("#"):
                    counts[HASHES] += 1
                elif character == ord("@"):
                    counts[ATS] += 1
                elif character == ord(":"):
                    if following == ord("/"):
                        counts[LINKS] += 1
                elif (
                    character == ord(".")
                    and at - start >= 3
                    and before | 0x20 == ord("w")
                    and characters[at - 2] | 0x20 == ord("w")
                    and characters[at - 3] | 0x20 == ord("w")
                    and (at - start == 3 or characters[at - 4] != ord("/"))
                ):
                    counts[LINKS] += 1
            else:
                counts[CHARACTERS_NOT_ASCII] += 1
                if _is_picture(character):
                    counts[PICTURES] += 1
                if (
                    # Below there, nothing can be composed any further.
                    (character >= 0x300 and not 0x2010 <= character <= 0x2027
                     and not 0x2190 <= character <= 0x2AD0 and character != 0x20AC
                     and character != 0xFE0F and not 0x1F000 <= character <= 0x1FAFF)
                    or _is_blank(character)
                    or _is_invisible(character)
                    or (0xC2 <= character <= 0xF4 and _continues_utf8(following))
                ):  # fmt: skip
                    counts[UNTIDY] += 1
            entry = table[character]
            if (entry >> _KIND_SHIFT) == WORD:
                if not in_word:
                    counts[WORDS] += 1
                in_word = True
                if not ord("0") <= character <= ord("9"):
                    counts[LETTERS] += 1
                    if (entry & _CODE_POINT_MASK) != character:
                        counts[CAPITALS] += 1
            else:
                in_word = False
            if character == before and character > space:
                run += 1
                counts[LONGEST_RUN] = max(counts[LONGEST_RUN], run)
            else:
                run = 1
            before = character
    return found


@compiled
def _link_ends(characters: npt.NDArray[np.uint32], start: int, end: int) -> int:
    """Where the link that begins at `start` ends; `start` if none does."""
    letter = characters[start] | np.uint32(0x20)
    if letter == ord("h") and start + 8 < end:
        at = start + 4
        if (characters[at] | np.uint32(0x20)) == ord("s"):
            at += 1
        if not (
            (characters[start + 3] | np.uint32(0x20)) == ord("p")
            and characters[at] == ord(":")
            and characters[at + 1] == ord("/")
        ):
            return start
    elif not (
        letter == ord("w")
        and start + 4 < end
        and (characters[start + 1] | np.uint32(0x20)) == ord("w")
        and (characters[start + 2] | np.uint32(0x20)) == ord("w")
        and characters[start + 3] == ord(".")
    ):
        return start
    at = start
    while at < end and characters[at] > 0x20:
        at += 1
    return at


@compiled
def words(
    characters: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Hash the words of each text; return the hashes, where each text's begin, and its letters.

    Words are runs of letters and digits, folded by `table`. Links and handles are no words, nor
    is the "RT" before a handle at the start; a hashtag is the word without its sign, and
    "don't" is "dont".
    """
    rows = offsets.size - 1
    hashes = np.empty(characters.size + 1, np.uint64)
    ends = np.zeros(rows + 1, np.int64)
    letters = np.zeros(rows, np.int32)
    filled = 0
    for row in range(rows):
        at, end = offsets[row], offsets[row + 1]
        begin = filled
        first_is_rt = False
        while at < end:
            kind = table[characters[at]] >> _KIND_SHIFT
            if kind == SIGIL and characters[at] == ord("@"):
                at += 1
                length = 0
                while at < end and (
                    (table[characters[at]] >> _KIND_SHIFT) == WORD
                    or characters[at] == ord("_")
                    or (
                        # @name.example.com
                        length > 0
                        and (characters[at] == ord(".") or characters[at] == ord("-"))
                        and at + 1 < end
                        and (table[characters[at + 1]] >> _KIND_SHIFT) == WORD
                    )
                ):
                    at += 1
                    length += 1
                if length and first_is_rt and filled == begin + 1:
                    filled = begin
                    letters[row] = 0
                    first_is_rt = False
                continue
            if kind != WORD:
                at += 1
                continue
            link_end = _link_ends(characters, at, end)
            if link_end > at:
                at = link_end
                continue
            state = _START
            start = at
            length = 0
            while at < end:
                entry = table[characters[at]]
                kind = entry >> _KIND_SHIFT
                if kind == WORD:
                    mixed = (state ^ np.uint64(entry & _CODE_POINT_MASK)) * _MULTIPLIER
                    state = mixed ^ (mixed >> _HALF)
                    length += 1
                elif kind != IGNORED and kind != APOSTROPHE:  # compiled
                    break
                at += 1
            if filled == begin:
                first_is_rt = (
                    at - start == 2
                    and (characters[start] | np.uint32(0x20)) == ord("r")
                    and (characters[start + 1] | np.uint32(0x20)) == ord("t")
                )
            letters[row] += length
            hashes[filled] = state * _FINALISER
            filled += 1
        ends[row + 1] = filled
    return hashes[:filled], ends, letters


@compiled
def shingles(
    hashes: npt.NDArray[np.uint64], ends: npt.NDArray[np.int64], usable: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Fingerprint of the words of each usable row, its shingles, and where each row's begin.

    Shingles are the words and the pairs of neighbours. A row that is not usable has 0 and none.
    """
    rows = ends.size - 1
    fingerprints = np.zeros(rows, np.uint64)
    found = np.empty(2 * hashes.size + 1, np.uint64)
    starts = np.zeros(rows + 1, np.int64)
    filled = 0
    for row in range(rows):
        if usable[row]:
            state = _START
            before = np.uint64(0)
            for at in range(ends[row], ends[row + 1]):
                mixed = (state ^ hashes[at]) * _MULTIPLIER
                state = mixed ^ (mixed >> _HALF)
                found[filled] = hashes[at]
                filled += 1
                if at > ends[row]:
                    pair = (before ^ (hashes[at] >> np.uint64(7))) * _MULTIPLIER
                    found[filled] = (pair ^ (pair >> _HALF)) * _FINALISER
                    filled += 1
                before = hashes[at]
            state = state * _FINALISER
            fingerprints[row] = state if state != 0 else np.uint64(1)
        starts[row + 1] = filled
    return fingerprints, found[:filled], starts


@compiled
def lead(
    hashes: npt.NDArray[np.uint64],
    ends: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
    voters: npt.NDArray[np.uint16],
    languages: int,
    min_lead: int,
) -> npt.NDArray[np.int64]:
    """Number of the language whose small words lead clearly in each text; -1 for none.

    `keys` and `voters` are a hash table of words (open addressing, size a power of two, 0 is
    free) and the bits of the languages they belong to.
    """
    rows = ends.size - 1
    winners = np.full(rows, -1, np.int64)
    tally = np.zeros(languages, np.int64)
    mask = np.uint64(keys.size - 1)
    for row in range(rows):
        tally[:] = 0
        for at in range(ends[row], ends[row + 1]):
            place = hashes[at] & mask
            while keys[place] != 0 and keys[place] != hashes[at]:
                place = (place + np.uint64(1)) & mask
            if keys[place] != 0:
                bits = np.int64(voters[place])
                for language in range(languages):
                    tally[language] += (bits >> language) & 1
        best, second, winner = 0, 0, -1
        for language in range(languages):
            if tally[language] > best:
                best, second, winner = tally[language], best, language
            elif tally[language] > second:
                second = tally[language]
        if best - second >= min_lead:
            winners[row] = winner
    return winners


@compiled
def groups_of(
    hashes: npt.NDArray[np.uint64],
    ends: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
    bits: npt.NDArray[np.uint16],
) -> npt.NDArray[np.int64]:
    """All bits that the words of each text have in the table of `word_table`."""
    rows = ends.size - 1
    found = np.zeros(rows, np.int64)
    mask = np.uint64(keys.size - 1)
    for row in range(rows):
        for at in range(ends[row], ends[row + 1]):
            place = hashes[at] & mask
            while keys[place] != 0 and keys[place] != hashes[at]:
                place = (place + np.uint64(1)) & mask
            if keys[place] != 0:
                found[row] |= np.int64(bits[place])
    return found
