"""The compiled search for literals: which words of a batch any rule looks for, and where.

It releases the GIL and is compiled on first use; the machine code is kept beside this file, or
where NUMBA_CACHE_DIR points. `streams.rules.words` says what a word is.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.kernels import compiled

# Frozen into the machine code, so they live in this file; the kinds are those of models.kernels.
WORD: Final = 2
SIGIL: Final = 3
SYMBOL: Final = 5
IGNORED: Final = 6
IDEOGRAPH: Final = 7  # a letter that is a word of its own
FLAG: Final = 8  # half of a flag
KIND_SHIFT: Final = 21
CODE_POINT_MASK: Final = (1 << KIND_SHIFT) - 1
LONGEST_PREFIX: Final = 63

# Digits of pi; they keep words, hashtags and handles apart.
SEED: Final = 0x452821E638D01377
PLAIN: Final = 0xBE5466CF34E90C6C
HASHTAG: Final = 0xC0AC29B7C97C50DD
HANDLE: Final = 0x3F84D5B5B5470917
MULTIPLIER: Final = 0x9E3779B97F4A7C15

_SEED = np.uint64(SEED)
_PLAIN = np.uint64(PLAIN)
_HASHTAG = np.uint64(HASHTAG)
_HANDLE = np.uint64(HANDLE)
_MULTIPLIER = np.uint64(MULTIPLIER)
_HALF = np.uint64(32)
_POINT_MASK = np.uint32(CODE_POINT_MASK)
_SHIFT = np.uint32(KIND_SHIFT)

# What a text holds, one bit each.
HAS_LINK: Final = 1
HAS_EMOJI: Final = 2
HAS_HASHTAG: Final = 4
HAS_HANDLE: Final = 8

Ints = npt.NDArray[np.int32]
Points = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]


class Literals(NamedTuple):
    """Words and beginnings of words to look for, as two open hash tables.

    A slot is one literal; its atoms are `atoms[starts[slot]:starts[slot + 1]]`, its characters
    `text[text_starts[slot]:text_starts[slot + 1]]`. A key of 0 is empty.
    """

    word_keys: Keys
    word_slots: Ints
    prefix_keys: Keys
    prefix_slots: Ints
    prefix_lengths: npt.NDArray[np.bool_]
    starts: Ints
    atoms: Ints
    text_starts: Ints
    text: Points


@compiled
def mix(state: np.uint64, code_point: np.uint32) -> np.uint64:
    """Return the state of a word one letter longer."""
    mixed = (state ^ np.uint64(code_point)) * _MULTIPLIER
    return mixed ^ (mixed >> _HALF)


@compiled
def hash_text(text: Points, salt: np.uint64) -> np.uint64:
    """Return the key of a folded word or beginning."""
    state = _SEED
    for code_point in text:
        state = mix(state, code_point)
    return state ^ salt


@compiled
def find(keys: Keys, key: np.uint64) -> int:
    """Return where a key is in an open hash table, or where it would be put."""
    mask = keys.size - 1
    key = key if key else _MULTIPLIER  # 0 says that a place is free
    at = np.int64((key * _MULTIPLIER) >> _HALF) & mask
    while keys[at] != 0 and keys[at] != key:
        at = (at + 1) & mask
    return int(at)


@compiled
def _is(entry: np.uint32, letter: int) -> bool:
    return bool((entry & _POINT_MASK) == letter)


@compiled
def is_pictograph(symbol: np.uint32) -> bool:
    """Return whether a symbol is a picture: no arrow, currency, box drawing or private sign."""
    if 0x2500 <= symbol < 0x25A0 or 0xE000 <= symbol < 0xF900:
        return False
    return bool(symbol >= 0x2300)


@compiled
def _link_end(line: Points, at: int, length: int) -> int:
    """Return where the link that starts here ends, or `at` if none does."""
    end = at
    if _is(line[at], ord("h")):
        if length - at < 7:
            return at
        for offset, letter in enumerate((ord("h"), ord("t"), ord("t"), ord("p"))):
            if not _is(line[at + offset], letter):
                return at
        end = at + 4
        if _is(line[end], ord("s")):
            end += 1
        if end + 3 > length:
            return at
        for offset, letter in enumerate((ord(":"), ord("/"), ord("/"))):
            if not _is(line[end + offset], letter):
                return at
    elif _is(line[at], ord("w")):
        if length - at < 4:
            return at
        for offset, letter in enumerate((ord("w"), ord("w"), ord("w"), ord("."))):
            if not _is(line[at + offset], letter):
                return at
    else:
        return at
    while end < length and ord("!") <= line[end] & _POINT_MASK <= ord("~"):
        end += 1
    return end


@compiled
def _word_end(line: Points, at: int, length: int) -> int:
    kind = line[at] >> _SHIFT
    if kind in (IDEOGRAPH, SYMBOL):
        return at + 1
    if kind == FLAG:
        if at + 1 < length and line[at + 1] >> _SHIFT == FLAG:
            return at + 2
        return at + 1
    while at < length and line[at] >> _SHIFT == WORD:
        at += 1
    return at


@compiled
def _same(text: Points, start: int, end: int, line: Points, at: int, length: int) -> bool:
    """Return whether a literal stands here, letter by letter the same."""
    if end - start != length:
        return False
    for offset in range(length):  # noqa: SIM110  # compiled: a generator would not be
        if line[at + offset] & _POINT_MASK != text[start + offset]:
            return False
    return True


@compiled
def _add(
    hits: Ints, filled: int, slot: int, starts: Ints, atoms: Ints, where: tuple[int, int, int]
) -> int:
    """Add a hit for each atom of a slot; return how many there are, or would be, in all."""
    for entry in range(starts[slot], starts[slot + 1]):
        if filled < hits.shape[0]:
            hits[filled, 0] = atoms[entry]
            hits[filled, 1] = where[0]
            hits[filled, 2] = where[1]
            hits[filled, 3] = where[2]
        filled += 1
    return filled


@compiled
def scan(
    code_points: Points,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    table: Points,
    literals: Literals,
) -> tuple[npt.NDArray[np.int64], Ints, npt.NDArray[np.uint8]]:
    """Find the literals in each row.

    Returns where the hits of each row end, the hits (columns: atom, position of the word in its
    row, first and last code point of the word plus one), and the HAS_ bits of each row.
    """
    # Arrays taken out of the tuple once: inside the loops each access would count references.
    word_keys, word_slots = literals.word_keys, literals.word_slots
    prefix_keys, prefix_slots = literals.prefix_keys, literals.prefix_slots
    prefix_lengths, slot_starts, atoms = literals.prefix_lengths, literals.starts, literals.atoms
    text_starts, text = literals.text_starts, literals.text
    n_rows = starts.size
    longest = 0
    for row in range(n_rows):
        longest = max(longest, ends[row] - starts[row])
    line = np.empty(longest, np.uint32)
    read_at = np.empty(longest, np.int32)
    row_ends = np.zeros(n_rows, np.int64)
    has = np.zeros(n_rows, np.uint8)
    hits = np.empty((max(64, 2 * n_rows), 4), np.int32)
    filled = 0

    for row in range(n_rows):
        length = 0
        for at in range(starts[row], ends[row]):
            entry = table[code_points[at]]
            if entry >> _SHIFT != IGNORED:
                line[length] = entry
                read_at[length] = at
                length += 1
        position = 0
        bits = 0
        at = 0
        while at < length:
            letter = line[at] & _POINT_MASK
            if letter == ord("h") or letter == ord("w"):
                end = _link_end(line, at, length)
                if end > at:
                    bits |= HAS_LINK
                    at = end
                    continue
            first = at
            sigil = 0
            if line[at] >> _SHIFT == SIGIL:
                sigil = line[at] & _POINT_MASK
                at += 1
                if at == length:
                    break
                kind = line[at] >> _SHIFT
                if kind != WORD and kind != IDEOGRAPH:
                    continue
            end = _word_end(line, at, length)
            if end == at:
                at += 1
                continue
            kind = line[at] >> _SHIFT
            if kind == FLAG or (kind == SYMBOL and is_pictograph(line[at] & _POINT_MASK)):
                bits |= HAS_EMOJI

            salt = _PLAIN
            is_tag = sigil == ord("#")
            is_asked = True
            if is_tag:
                bits |= HAS_HASHTAG
            elif sigil == ord("@"):
                salt = _HANDLE
                is_asked = first == 0 or line[first - 1] >> _SHIFT != WORD
                if is_asked:
                    bits |= HAS_HANDLE
            if is_asked:
                where = (position, read_at[at], read_at[end - 1] + 1)
                before = filled
                while True:
                    state = _SEED
                    for offset in range(end - at):
                        state = mix(state, line[at + offset] & _POINT_MASK)
                        size = offset + 1
                        if size > LONGEST_PREFIX or not prefix_lengths[size]:
                            continue
                        for which in range(2 if is_tag else 1):
                            key = state ^ (salt if which == 0 else _HASHTAG)
                            place = find(prefix_keys, key)
                            if prefix_keys[place] != 0:
                                slot = prefix_slots[place]
                                start, stop = text_starts[slot], text_starts[slot + 1]
                                if _same(text, start, stop, line, at, size):
                                    filled = _add(hits, filled, slot, slot_starts, atoms, where)
                    for which in range(2 if is_tag else 1):
                        key = state ^ (salt if which == 0 else _HASHTAG)
                        place = find(word_keys, key)
                        if word_keys[place] != 0:
                            slot = word_slots[place]
                            start, stop = text_starts[slot], text_starts[slot + 1]
                            if _same(text, start, stop, line, at, end - at):
                                filled = _add(hits, filled, slot, slot_starts, atoms, where)
                    if filled <= hits.shape[0]:
                        break
                    wider = np.empty((2 * filled, 4), np.int32)  # and once more for this word
                    wider[:before] = hits[:before]
                    hits = wider
                    filled = before
            position += 1
            at = end
        row_ends[row] = filled
        has[row] = bits
    return row_ends, hits[:filled], has
