"""The compiled loops behind `models.analyser`.

They release the GIL and are compiled on first use, from types alone; the machine code is kept
beside this file, or where NUMBA_CACHE_DIR points.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

Entries = npt.NDArray[np.uint32]  # code points, or entries of the folding table
_Function = TypeVar("_Function", bound=Callable[..., object])

# The constants live in this file because numba freezes them into the machine code it keeps on
# disk, and looks at this file only when it decides whether that code is stale.

# Kinds of characters. SPACE and PUNCTUATION both separate.
SPACE: Final = 0
PUNCTUATION: Final = 1
WORD: Final = 2
SIGIL: Final = 3
APOSTROPHE: Final = 4
SYMBOL: Final = 5
IGNORED: Final = 6

# An entry of the folding table is a folded code point (21 bits) below its kind.
KIND_SHIFT: Final = 21
CODE_POINT_MASK: Final = (1 << KIND_SHIFT) - 1

# Odd 64-bit constants: the golden ratio, and the multiplier of Pelle Evensen's rrmxmx mixer.
MULTIPLIER: Final = 0x9E3779B97F4A7C15
FINALISER: Final = 0x9FB21C651E98DF25
# Digits of pi, that words, their n-grams and character n-grams do not coincide by design.
TOKEN_SALT: Final = 0x243F6A8885A308D3
WORD_SALT: Final = 0x13198A2E03707344
CHARACTER_SALT: Final = 0xA4093822299F31D0
LINK_HASH: Final = 0x082EFA98EC4E6C89  # what every link hashes to, as a token

# numpy scalars, because mixing signed and unsigned 64-bit integers would silently make floats.
_MULTIPLIER = np.uint64(MULTIPLIER)
_FINALISER = np.uint64(FINALISER)
_TOKEN_SALT = np.uint64(TOKEN_SALT)
_WORD_SALT = np.uint64(WORD_SALT)
_CHARACTER_SALT = np.uint64(CHARACTER_SALT)
_LINK_HASH = np.uint64(LINK_HASH)
SMALLEST_TABLE_BITS: Final = 10
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_LOWER_CASE_BIT = np.uint32(0x20)
_CODE_POINT_MASK = np.uint32(CODE_POINT_MASK)
_KIND_SHIFT = np.uint32(KIND_SHIFT)


class Plan(NamedTuple):
    """The settings as the compiled code takes them; sizes of 0 mean no such n-grams."""

    bits: int
    smallest_word: int
    largest_word: int
    smallest_char: int
    largest_char: int
    signed: bool
    sublinear: bool
    norm: int  # 0 none, 1 sum of absolute values, 2 Euclidean
    word_sizes: int
    char_sizes: int


def compiled(function: _Function) -> _Function:
    """Compile at first call, release the GIL while running, keep the machine code on disk."""
    return cast(_Function, njit(nogil=True, cache=True)(function))


@compiled
def _step(state: np.uint64, value: np.uint32 | np.uint64) -> np.uint64:
    mixed = (state ^ np.uint64(value)) * _MULTIPLIER
    return mixed ^ (mixed >> _HALF)


@compiled
def _kind(entry: np.uint32) -> np.uint32:
    return entry >> _KIND_SHIFT


@compiled
def _fold_row(code_points: Entries, table: Entries, line: Entries) -> int:
    """Write the table entries of the characters that are read to `line`; return their number."""
    length = 0
    for code_point in code_points:
        entry = table[code_point]
        if _kind(entry) != IGNORED:
            line[length] = entry
            length += 1
    return length


@compiled
def _is_letter(entry: np.uint32, letter: int) -> bool:
    return bool(((entry & _CODE_POINT_MASK) | _LOWER_CASE_BIT) == letter)


@compiled
def _link_end(line: Entries, start: int, length: int) -> int:
    """Return where the link that starts here ends, or `start` if none does."""
    at = start
    if _is_letter(line[at], ord("h")) and start + 7 <= length:
        for letter in (ord("t"), ord("t"), ord("p")):
            at += 1
            if not _is_letter(line[at], letter):
                return start
        at += 1
        if _is_letter(line[at], ord("s")):
            at += 1
        if at + 3 > length:
            return start
        for mark in (ord(":"), ord("/"), ord("/")):
            if line[at] & _CODE_POINT_MASK != mark:
                return start
            at += 1
    elif _is_letter(line[at], ord("w")) and start + 4 <= length:
        for _ in range(2):
            at += 1
            if not _is_letter(line[at], ord("w")):
                return start
        at += 1
        if line[at] & _CODE_POINT_MASK != ord("."):
            return start
        at += 1
    else:
        return start
    while at < length and ord("!") <= line[at] & _CODE_POINT_MASK <= ord("~"):
        at += 1
    return at


@compiled
def _token_end(line: Entries, start: int, length: int) -> int:
    """Return where the word or symbol that starts here ends, or `start` if none does."""
    at = start
    kind = _kind(line[at])
    if kind == SYMBOL:
        return at + 1
    if kind == SIGIL:
        at += 1
        if at == length:
            return start
        kind = _kind(line[at])
    if kind != WORD:
        return start
    while at < length:
        kind = _kind(line[at])
        joins = kind == APOSTROPHE and at + 1 < length and _kind(line[at + 1]) == WORD
        if kind != WORD and not joins:
            break
        at += 1
    return at


@compiled
def _hash_grams(padded: Entries, length: int, states: npt.NDArray[np.uint64]) -> None:
    """Hash the k + 1 characters from each place on to `states[k]`; without branches it is fast."""
    for at in range(length):
        states[0, at] = _step(_CHARACTER_SALT, padded[at])
    for size in range(1, states.shape[0]):
        shorter, longer = states[size - 1], states[size]
        for at in range(length - size):
            longer[at] = _step(shorter[at], padded[at + size])


@compiled
def hash_rows(
    code_points: Entries, offsets: npt.NDArray[np.int64], table: Entries, plan: Plan
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Hash the rows between neighbouring offsets; return values, columns and row ends.

    A row's values and columns lie between its row end and the one before; a column occurs at most
    once in a row. `table` is `models.features.folding_table`.
    """
    n_rows = offsets.size - 1
    longest = 0
    for row in range(n_rows):
        longest = max(longest, offsets[row + 1] - offsets[row])
    line = np.empty(longest, np.uint32)
    padded = np.empty(3 * longest, np.uint32)  # words between blanks, one after the other
    ends = np.empty(longest, np.int64)  # of the words in `padded`
    token_hashes = np.empty(longest, np.uint64)
    states = np.empty((plan.largest_char, 0), np.uint64)
    features = np.empty(0, np.uint64)
    index_shift, sign_shift = np.uint64(64 - plan.bits), np.uint64(63 - plan.bits)
    logs = _logarithms()

    # Where in the row under way a column was put: a hash table with open addressing, never
    # cleared, since an entry counts only if it points into this row and at the same column.
    place = np.full(1 << SMALLEST_TABLE_BITS, -1, np.int64)
    values = np.empty(0, np.float32)
    columns = np.empty(0, np.int32)
    row_ends = np.zeros(n_rows + 1, np.int64)
    filled = np.int64(0)

    for row in range(n_rows):
        row_start = filled
        text = code_points[offsets[row] : offsets[row + 1]]
        length = _fold_row(text, table, line)

        # At most: each character a token; each second one a word, padded by two spaces.
        most = length * plan.word_sizes + (2 * length + 1) * plan.char_sizes
        needed = filled + most
        if needed > values.size:
            # Tweets fill some 1.7 entries a character, so this seldom happens twice.
            size = max(needed, 2 * values.size, 2 * (offsets[n_rows] - offsets[0]))
            wider_values = np.empty(size, np.float32)
            wider_columns = np.empty(size, np.int32)
            wider_values[:filled] = values[:filled]
            wider_columns[:filled] = columns[:filled]
            values = wider_values
            columns = wider_columns
        bits = min(plan.bits, SMALLEST_TABLE_BITS)
        while bits < plan.bits and 2 << bits < 3 * most:
            bits += 1
        if 1 << bits > place.size:
            place = np.full(1 << bits, -1, np.int64)
        slot_shift, slot_mask = np.uint64(64 - bits), np.uint64((1 << bits) - 1)
        if most > features.size:
            features = np.empty(2 * most, np.uint64)

        n_tokens = n_words = n_features = width = 0
        at = 0
        while at < length:
            kind = _kind(line[at])
            if kind in (SPACE, PUNCTUATION, APOSTROPHE):
                at += 1
                continue
            end = _link_end(line, at, length)
            if end > at:
                token_hashes[n_tokens] = _LINK_HASH
                n_tokens += 1
                at = end
                continue
            end = _token_end(line, at, length)
            if end == at:
                at += 1
                continue

            state = _TOKEN_SALT
            padded[width] = ord(" ")
            for offset in range(end - at):
                character = line[at + offset] & _CODE_POINT_MASK
                padded[width + offset + 1] = character
                state = _step(state, character)
            padded[width + end - at + 1] = ord(" ")
            token_hashes[n_tokens] = state
            n_tokens += 1
            if kind != SYMBOL:
                width += end - at + 2
                ends[n_words] = width
                n_words += 1
            at = end

        if plan.char_sizes:
            if width > states.shape[1]:
                states = np.empty((plan.largest_char, 2 * width), np.uint64)
            _hash_grams(padded, width, states)
            begin = 0
            for word in range(n_words):
                end = ends[word]
                smallest = min(plan.smallest_char, end - begin)
                for first in range(begin, end - smallest + 1):
                    for size in range(smallest, min(plan.largest_char, end - first) + 1):
                        features[n_features] = states[size - 1, first]
                        n_features += 1
                begin = end

        if plan.word_sizes:
            for first in range(n_tokens):
                state = _WORD_SALT
                for token in range(first, min(first + plan.largest_word, n_tokens)):
                    state = _step(state, token_hashes[token])
                    if token - first + 1 >= plan.smallest_word:
                        features[n_features] = state
                        n_features += 1

        # Written out here: a call with so many arrays costs more than the work.
        for number in range(n_features):
            spread = features[number] * _FINALISER
            column = np.int32(spread >> index_shift)
            value = np.float32(1)
            if plan.signed and (spread >> sign_shift) & _ONE:
                value = np.float32(-1)
            slot = spread >> slot_shift
            while True:
                at = place[slot]
                if at < row_start:
                    place[slot] = filled
                    columns[filled] = column
                    values[filled] = value
                    filled += 1
                    break
                if columns[at] == column:
                    values[at] += value
                    break
                slot = (slot + _ONE) & slot_mask

        _weigh(values[row_start:filled], plan, logs)
        row_ends[row + 1] = filled
    return values[:filled], columns[:filled], row_ends


@compiled
def _logarithms() -> npt.NDArray[np.float64]:
    """Return 1 + ln(count) of the counts that occur, from 1 on; that of 0 is not asked for."""
    found = np.zeros(64, np.float64)
    for count in range(1, found.size):
        found[count] = 1 + np.log(np.float64(count))
    return found


@compiled
def _weigh(values: npt.NDArray[np.float32], plan: Plan, logs: npt.NDArray[np.float64]) -> None:
    """Turn the counts of one row into weights of the chosen norm, rounded to float32 once."""
    norm, sublinear = plan.norm, plan.sublinear
    if norm == 0 and not sublinear:
        return
    weights = np.empty(values.size, np.float64)
    total = 0.0
    for at in range(values.size):
        weight = np.float64(values[at])
        size = abs(weight)
        if sublinear and size > 1:  # most counts are 1, and 1 + ln(1) needs no logarithm
            log = logs[np.int64(size)] if size < logs.size else 1 + np.log(size)
            weight = np.copysign(log, weight)
        weights[at] = weight
        total += weight * weight if norm == 2 else abs(weight)
    scale = 1.0
    if norm and total:
        scale = np.sqrt(total) if norm == 2 else total
    for at in range(values.size):
        values[at] = weights[at] / scale
