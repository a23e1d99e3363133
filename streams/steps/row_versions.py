"""How the rows of one mention are ordered: `version`, of which `mentions` keeps the highest.

Upper 48 bits: milliseconds of the edit, 0 for the first text. Lower 16 bits: the sequence number of
the rules that matched the row, plus how often this text was judged anew (`rescored`). A sum, since
both only ever grow: whoever changes one of the two and keeps the other makes a newer row, in
whatever order they come, and a newer text is newer than all of it.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streams.errors import InputError
from streams.steps.duplicates import EDIT_SHIFT

Numbers = npt.NDArray[np.uint64]

LOWER = np.uint64((1 << EDIT_SHIFT) - 1)


def rules_sequences(rows: pa.Table) -> Numbers:
    """Which rules matched each row, by their sequence number."""
    numbers: Numbers = (_versions(rows) & LOWER) - _rescored(rows)
    return numbers


def with_rules(rows: pa.Table, sequence: int) -> Numbers:
    """Versions of these rows as matched by other rules. Raises InputError when none is left."""
    return _above(rows, np.uint64(sequence) + _rescored(rows))


def judged_anew(rows: pa.Table) -> tuple[Numbers, npt.NDArray[np.uint16]]:
    """Versions and `rescored` of these rows as judged once more. Raises InputError as above."""
    return (
        _above(rows, (_versions(rows) & LOWER) + np.uint64(1)),
        (_rescored(rows) + np.uint64(1)).astype(np.uint16),
    )


def _above(rows: pa.Table, lower: Numbers) -> Numbers:
    if len(lower) and lower.max() > LOWER:
        raise InputError(
            f"rules were changed and mentions judged anew {LOWER} times in all; a row can hold no"
            " more"
        )
    above: Numbers = (_versions(rows) & ~LOWER) + lower
    return above


def _versions(rows: pa.Table) -> Numbers:
    numbers: Numbers = rows["version"].to_numpy().astype(np.uint64)
    return numbers


def _rescored(rows: pa.Table) -> Numbers:
    numbers: Numbers = rows["rescored"].to_numpy().astype(np.uint64)
    return numbers
