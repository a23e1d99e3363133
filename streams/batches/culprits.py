"""Records that make the steps raise: found by halving a batch until each is alone.

The steps are pure, so what they raise for a record they raise whenever it comes: without this a
worker would end with it, and the next one, for ever. Which records those are depends on the
records alone, so that a batch that comes again is decided as before.
"""

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from streams.errors import EscuchaError
from streams.steps.decode import Record, Rejected

log = logging.getLogger(__name__)
T = TypeVar("T")

# No text makes a machine run out of memory or files: that is to stop the worker, which tries again.
NO_RECORDS_DOING: Final = (EscuchaError, MemoryError, OSError)
OUR_CODE: Final = ("streams.", "models.")


class StepRaisedError(Exception):
    """A step raised what a record may be the cause of; the cause is what it raised."""


def told_apart(step: Callable[[], T]) -> T:
    """What `step` returns; StepRaisedError when it raises what a record may be the cause of."""
    try:
        return step()
    except NO_RECORDS_DOING:
        raise
    except Exception as error:
        raise StepRaisedError from error


def culprits(
    records: Sequence[Record], attempt: Callable[[Sequence[Record]], None]
) -> list[Rejected]:
    """The records for which `attempt` raises although nothing else is with them, in their order.

    Logs each reason once with where it was raised, and never what an error says: it may quote
    what somebody wrote.
    """
    rejected: list[Rejected] = []
    first: dict[str, tuple[Record, Exception]] = {}
    for record, error in _alone(records, attempt):
        reason = f"{type(error).__name__} in {_place(error)}"
        first.setdefault(reason, (record, error))
        rejected.append(Rejected(record, "classify", reason))
    for reason, (record, error) in first.items():
        log.error(
            "%s: %d of %d records become dead letters, first the one at offset %d; raised at\n%s",
            reason,
            sum(letter.reason == reason for letter in rejected),
            len(records),
            record.offset,
            "".join(traceback.format_tb(error.__traceback__)),
        )
    return rejected


def _alone(
    records: Sequence[Record], attempt: Callable[[Sequence[Record]], None]
) -> Iterator[tuple[Record, Exception]]:
    try:
        told_apart(lambda: attempt(records))
    except StepRaisedError as raised:
        error = raised.__cause__
    else:
        return
    if len(records) > 1:
        half = len(records) // 2
        yield from _alone(records[:half], attempt)
        yield from _alone(records[half:], attempt)
    elif isinstance(error, Exception):
        yield records[0], error


def _place(error: Exception) -> str:
    """The innermost function of ours that raised it, by module and name."""
    place = "a step"
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
        if module.startswith(OUR_CODE):
            place = f"{module}.{frame.f_code.co_name}"
    return place
