"""The compiled loop behind `models.explain`; `models.explain.contributions` defines it."""

import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models import kernels
from models.kernels import (
    CODE_POINT_MASK,
    FINALISER,
    IGNORED,
    KIND_SHIFT,
    SYMBOL,
    Entries,
    Plan,
    compiled,
)

# Reading a text is the analyser's, so that both find the same tokens.
_step = kernels._step
_link_end = kernels._link_end
_token_end = kernels._token_end

_CODE_POINT_MASK = np.uint32(CODE_POINT_MASK)
_KIND_SHIFT = np.uint32(KIND_SHIFT)
_FINALISER = np.uint64(FINALISER)
_TOKEN_SALT = np.uint64(kernels.TOKEN_SALT)
_WORD_SALT = np.uint64(kernels.WORD_SALT)
_CHARACTER_SALT = np.uint64(kernels.CHARACTER_SALT)
_LINK_HASH = np.uint64(kernels.LINK_HASH)
_ONE = np.uint64(1)


def _stamp() -> int:
    """A number that changes when what is taken from `models.kernels` does."""
    functions = (_step, _link_end, _token_end, kernels._is_letter, kernels._kind)
    codes: list[Any] = [function.__code__ for function in functions]
    constants = [value for name, value in vars(kernels).items() if isinstance(value, int)]
    parts = [repr((code.co_code, code.co_consts, code.co_names)) for code in codes]
    return zlib.crc32(repr((parts, constants)).encode())


def _made_with(stamp: int) -> Callable[..., Any]:
    """The kernel. numba looks at this file, and at what a closure holds, to know stale code."""

    @compiled
    def explain_rows(
        code_points: Entries,
        offsets: npt.NDArray[np.int64],
        table: Entries,
        plan: Plan,
        weights: npt.NDArray[np.float32],
        targets: npt.NDArray[np.int64],
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
    ]:
        """Return contributions, starts and ends of the tokens of all rows, and where rows end.

        `weights` has shape (n_features, n); row r is explained by column `targets[r]`. Starts
        and ends count from the beginning of the row's own text.
        """
        _ = stamp
        n_rows = offsets.size - 1
        longest = 0
        for row in range(n_rows):
            longest = max(longest, offsets[row + 1] - offsets[row])
        line = np.empty(longest, np.uint32)
        places = np.empty(longest + 1, np.int64)
        padded = np.empty(longest + 2, np.uint32)
        token_hashes = np.empty(longest, np.uint64)
        index_shift, sign_shift = np.uint64(64 - plan.bits), np.uint64(63 - plan.bits)

        n_characters = offsets[n_rows] - offsets[0]
        contributions = np.zeros(n_characters, np.float64)
        starts = np.empty(n_characters, np.int64)
        ends = np.empty(n_characters, np.int64)
        row_ends = np.zeros(n_rows + 1, np.int64)
        filled = 0

        # An occurrence of a feature: its column, its sign, the tokens it is made of. At most
        # each character is a token, and each second one a word, padded by two spaces.
        most = longest * plan.word_sizes + (2 * longest + 1) * plan.char_sizes
        columns = np.empty(most, np.int64)
        signs = np.empty(most, np.float64)
        firsts = np.empty(most, np.int64)
        sizes = np.empty(most, np.int64)
        # Distinct columns of the row under way, found by open addressing.
        numbers = np.empty(most, np.int64)
        distinct = np.empty(most, np.int64)
        counts = np.empty(most, np.float64)
        slots = np.empty(1, np.int64)

        for row in range(n_rows):
            text = code_points[offsets[row] : offsets[row + 1]]
            length = 0
            for place in range(text.size):
                entry = table[text[place]]
                if entry >> _KIND_SHIFT != IGNORED:
                    line[length] = entry
                    places[length] = place
                    length += 1
            places[length] = text.size

            first_token = filled
            n_tokens = n_found = 0
            at = 0
            while at < length:
                end = _link_end(line, at, length)
                is_link = end > at
                if not is_link:
                    end = _token_end(line, at, length)
                    if end == at:
                        at += 1
                        continue
                starts[filled] = places[at]
                ends[filled] = places[end]
                filled += 1
                n_tokens += 1
                if is_link:
                    token_hashes[n_tokens - 1] = _LINK_HASH
                    at = end
                    continue

                state = _TOKEN_SALT
                padded[0] = ord(" ")
                for offset in range(end - at):
                    character = line[at + offset] & _CODE_POINT_MASK
                    padded[offset + 1] = character
                    state = _step(state, character)
                padded[end - at + 1] = ord(" ")
                token_hashes[n_tokens - 1] = state

                if plan.char_sizes and line[at] >> _KIND_SHIFT != SYMBOL:
                    width = end - at + 2
                    smallest = min(plan.smallest_char, width)
                    for start in range(width - smallest + 1):
                        state = _CHARACTER_SALT
                        for offset in range(start, min(start + plan.largest_char, width)):
                            state = _step(state, padded[offset])
                            if offset - start + 1 >= smallest:
                                spread = state * _FINALISER
                                columns[n_found] = spread >> index_shift
                                signs[n_found] = 1.0
                                if plan.signed and (spread >> sign_shift) & _ONE:
                                    signs[n_found] = -1.0
                                firsts[n_found] = n_tokens - 1
                                sizes[n_found] = 1
                                n_found += 1
                at = end

            if plan.word_sizes:
                for first in range(n_tokens):
                    state = _WORD_SALT
                    for token in range(first, min(first + plan.largest_word, n_tokens)):
                        state = _step(state, token_hashes[token])
                        if token - first + 1 >= plan.smallest_word:
                            spread = state * _FINALISER
                            columns[n_found] = spread >> index_shift
                            signs[n_found] = 1.0
                            if plan.signed and (spread >> sign_shift) & _ONE:
                                signs[n_found] = -1.0
                            firsts[n_found] = first
                            sizes[n_found] = token - first + 1
                            n_found += 1

            n_slots = 1
            while n_slots < 2 * n_found:
                n_slots *= 2
            if n_slots > slots.size:
                slots = np.empty(n_slots, np.int64)
            slots[:n_slots] = -1
            n_distinct = 0
            for number in range(n_found):
                column = columns[number]
                # The low bits of a column are as good as any: they are those of a hash.
                slot = column & (n_slots - 1)
                while slots[slot] >= 0 and distinct[slots[slot]] != column:
                    slot = (slot + 1) & (n_slots - 1)
                if slots[slot] < 0:
                    slots[slot] = n_distinct
                    distinct[n_distinct] = column
                    counts[n_distinct] = 0.0
                    n_distinct += 1
                numbers[number] = slots[slot]
                counts[slots[slot]] += signs[number]

            total = 0.0
            for which in range(n_distinct):
                weight = _weight(counts[which], plan.sublinear)
                total += weight * weight if plan.norm == 2 else abs(weight)
            scale = 1.0
            if plan.norm and total:
                scale = np.sqrt(total) if plan.norm == 2 else total
            for number in range(n_found):
                which = numbers[number]
                count = counts[which]
                if count == 0:
                    continue  # features of opposite sign that cancelled
                value = np.float64(np.float32(_weight(count, plan.sublinear) / scale))
                part = signs[number] / count * value * weights[columns[number], targets[row]]
                size = sizes[number]
                for token in range(firsts[number], firsts[number] + size):
                    contributions[first_token + token] += part / size
            row_ends[row + 1] = filled
        return contributions[:filled], starts[:filled], ends[:filled], row_ends

    return explain_rows


@compiled
def _weight(count: np.float64, sublinear: bool) -> np.float64:
    weight = count
    if sublinear and abs(count) > 1:
        weight = np.copysign(1 + np.log(abs(count)), count)
    return weight


explain_rows: Final = _made_with(_stamp())
