"""A quick look for what may be personal: which texts of a batch the patterns of masking must see.

It may say yes too often and never no to what `streams.steps.masking` would mask. An `@` counts
only where it may be an address's, digits only where eight stand close together or an account number
may begin; so handles, prices, years and flights cost nothing.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from models.kernels import compiled
from streams.steps import kernels

MIN_DIGITS: Final = 8  # of a telephone; cards have more
MAX_GAP: Final = 3  # characters between two digits of one number
MIN_IBAN_REST: Final = 11  # letters and digits after the country and the check digits
WIDE_AT: Final = 0xFF20  # ＠
LOWEST_DECIMAL: Final = 0x660  # beyond ASCII

Characters = npt.NDArray[np.uint32]


def may_be_personal(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Mask of the texts that may hold an address or a number to be masked."""
    characters, offsets = kernels.code_points(texts)
    return _suspects(characters, offsets, _decimals())


@cache
def _decimals() -> Characters:
    """First digit of each alphabet that has ten of its own, sorted."""
    return np.array(
        [
            point
            for point in range(LOWEST_DECIMAL, 0x20000)
            if chr(point).isdecimal() and unicodedata.decimal(chr(point)) == 0
        ],
        np.uint32,
    )


@compiled
def _is_digit(character: np.uint32, decimals: Characters) -> bool:
    if character < LOWEST_DECIMAL:
        return bool(ord("0") <= character <= ord("9"))
    if 0x2000 <= character < 0xA000:  # punctuation, signs, Chinese, Japanese
        return False
    first = np.searchsorted(decimals, character, side="right") - 1
    return bool(first >= 0 and character - decimals[first] < 10)


@compiled
def _is_gap(character: np.uint32) -> bool:
    """Whether it may stand between the digits of a number; or any sign of that region."""
    return bool(
        character in (0x20, 0x28, 0x29, 0x2D, 0x2E, 0x85, 0xA0, 0x1680, 0x2212, 0x3000)
        or 0x09 <= character <= 0x0D
        or 0x1C <= character <= 0x1F
        or 0x2000 <= character <= 0x2060
    )


@compiled
def _is_alphanumeric(character: np.uint32) -> bool:
    """Whether it is an ASCII letter or digit."""
    return bool(
        ord("0") <= character <= ord("9") or ord("a") <= (character | np.uint32(0x20)) <= ord("z")
    )


@compiled
def _is_letter(character: np.uint32) -> bool:
    return bool(ord("a") <= (character | np.uint32(0x20)) <= ord("z"))


@compiled
def _is_address(characters: Characters, at: int, start: int, end: int) -> bool:
    """Whether the @ at `at` may be an address's: something before it, a dot in what follows."""
    if at == start or at + 1 == end:
        return False
    before = characters[at - 1]
    signs = (ord("_"), ord("."), ord("+"), ord("'"), ord("-"))
    if before < 0x80 and not _is_alphanumeric(before) and before not in signs:
        return False
    at += 1
    while at < end:
        character = characters[at]
        if character < 0x80 and not _is_alphanumeric(character):
            if character == ord("."):
                return True
            if character not in (ord("_"), ord("-")):
                return False
        at += 1
    return False


@compiled
def _is_iban(characters: Characters, at: int, start: int, end: int) -> bool:
    """Whether the digit at `at` may be the second one of an account number."""
    if at - start < 3 or not _is_letter(characters[at - 2]) or not _is_letter(characters[at - 3]):
        return False
    if at - start > 3:
        before = characters[at - 4]
        if _is_alphanumeric(before) or before == ord("_"):
            return False
    rest = 0
    after_gap = False
    at += 1
    while at < end and rest < MIN_IBAN_REST:
        character = characters[at]
        if _is_alphanumeric(character):
            rest += 1
            after_gap = False
        elif (character == ord(" ") or character == ord("-")) and not after_gap:
            after_gap = True
        else:
            return False
        at += 1
    return rest == MIN_IBAN_REST


@compiled
def _link_end(characters: Characters, at: int, start: int, end: int) -> int:
    """Where the numbers of a link end that masking passes over; `at` where none begins.

    It passes over a link as a whole, unless it leads to a telephone (wa.me, whatsapp).
    """
    if end - at < 8 or (at > start and characters[at - 1] > 0x20):
        return at
    for offset, letter in enumerate((ord("h"), ord("t"), ord("t"), ord("p"))):
        if characters[at + offset] != letter:
            return at
    place = at + 4
    if characters[place] == ord("s"):
        place += 1
    for offset, letter in enumerate((ord(":"), ord("/"), ord("/"))):
        if characters[place + offset] != letter:
            return at
    place += 3
    while place < end and 0x20 < characters[place] < 0x7F:
        if place + 1 < end and characters[place] | np.uint32(0x20) == ord("w"):
            following = characters[place + 1] | np.uint32(0x20)
            if following == ord("a") or following == ord("h"):
                return at
        place += 1
    return place


@compiled
def _suspects(
    characters: Characters, offsets: npt.NDArray[np.int64], decimals: Characters
) -> npt.NDArray[np.bool_]:
    rows = offsets.size - 1
    found = np.zeros(rows, np.bool_)
    for row in range(rows):
        start, end = offsets[row], offsets[row + 1]
        digits = 0
        gap = 0
        link_end = start
        for at in range(start, end):
            character = characters[at]
            if character == ord("h") and at + 1 < end and characters[at + 1] == ord("t"):
                link_end = max(link_end, _link_end(characters, at, start, end))
            if at >= link_end and _is_digit(character, decimals):
                digits += 1
                gap = 0
                before_is_digit = at > start and _is_digit(characters[at - 1], decimals)
                if digits >= MIN_DIGITS or (
                    before_is_digit and _is_iban(characters, at, start, end)
                ):
                    found[row] = True
                    break
            elif digits:
                gap += 1
                if gap > MAX_GAP or not _is_gap(character):
                    digits = 0
            is_at = character == ord("@") or character == WIDE_AT
            if is_at and _is_address(characters, at, start, end):
                found[row] = True
                break
    return found
