"""Events as the schema wants them: what a network sends too much of is cut, the rest is checked."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from schemas.mention import MAX_LIST_ITEMS, MAX_TEXT_CHARS, Event

MAX_SHORT_TEXT_CHARS = 2_048
_KEPT_BYTES = 256 * 1024
_LAST_SECOND = 253_402_300_799  # of the year 9999

_E = TypeVar("_E", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode


class PayloadError(ValueError):
    """A payload that cannot become an event; its text is the reason."""


# What a mapping may raise because of what a payload holds.
MAPPING_ERRORS = (PayloadError, msgspec.DecodeError, UnicodeError, RecursionError)


def fitting(event: _E) -> _E:
    """The same event, proved to fit the schema; raises msgspec.ValidationError with the reason."""
    checked = _decode(_encode(event))
    assert type(checked) is type(event)  # noqa: S101 - the tag was written by the same struct
    return checked


def text_of(raw: str) -> str:
    """Text within the schema's length, without the halves of characters that JSON can carry."""
    return _whole_characters(raw)[:MAX_TEXT_CHARS]


def short(raw: str) -> str:
    """The same for a field of short text."""
    return _whole_characters(raw)[:MAX_SHORT_TEXT_CHARS]


def distinct(raw: Iterable[str]) -> tuple[str, ...]:
    """Each value once, in order, without empty ones and those too long to be whole."""
    kept = dict.fromkeys(value for value in raw if value and len(value) <= MAX_SHORT_TEXT_CHARS)
    return tuple(kept)[:MAX_LIST_ITEMS]


def moment(epoch_sec: float) -> datetime:
    """Seconds since 1970 as a moment; raises PayloadError when no calendar has it."""
    if not 0 < epoch_sec < _LAST_SECOND:
        raise PayloadError(f"{epoch_sec} is not a time in seconds since 1970")
    return datetime.fromtimestamp(epoch_sec, UTC)


def kept(payload: bytes) -> bytes:
    """As much of a bad payload as is worth keeping."""
    return payload[:_KEPT_BYTES]


def _whole_characters(raw: str) -> str:
    return raw.encode("utf-8", "replace").decode("utf-8")
