"""Rows that may stand once, whoever else tries to write them: under a token of their place."""

from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

TRIES: Final = 3


def until_kept(token: str, write: Callable[[str], T | None]) -> T | None:
    """What `write` reads back under the first token whose row stands; None when none does.

    A kill of ClickHouse may leave a token without its row, and whoever comes with it again is
    taken for a repetition for ever. So the next token has its turn, the same for all who try.
    """
    for attempt in range(TRIES):
        if standing := write(token + "/again" * attempt):
            return standing
    return None
