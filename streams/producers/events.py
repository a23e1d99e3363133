"""Events on their way to Kafka: key, bytes, moment. What comes out has passed the contract."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from schemas.mention import Deletion, Event, Heartbeat, Interaction


@dataclass(slots=True)
class Prepared:
    """An event ready to be sent."""

    key: bytes
    value: bytes
    event_time: datetime


class EventEncoder:
    """Encodes events and lets none out that the contract's decoder would refuse."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._check = msgspec.json.Decoder(Event).decode

    def __call__(self, event: Event) -> Prepared:
        """The event ready to be sent; raises ValueError with the reason when it may not be."""
        try:
            value = self._encode(event)
            key = key_of(event).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"not Unicode: {error.reason}") from error
        try:
            self._check(value)
        except msgspec.ValidationError as error:
            raise ValueError(f"against the contract: {error}") from error
        return Prepared(key, value, moment_of(event))


def key_of(event: Event) -> str:
    """The Kafka key: whoever it is of, so that what one author does stays in order."""
    if isinstance(event, Heartbeat):
        return event.producer
    if isinstance(event, Deletion):
        return event.author_id or event.target_id
    return event.author.id


def moment_of(event: Event) -> datetime:
    """When it happened: of an edited mention, when it was edited."""
    match event:
        case Heartbeat():
            return event.sent_at
        case Deletion():
            return event.deleted_at
        case Interaction():
            return event.occurred_at
    return event.edited_at or event.published_at
