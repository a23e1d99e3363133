"""Time is UTC-aware everywhere."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def from_milliseconds(milliseconds: int) -> datetime:
    """A Kafka timestamp as a moment."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
