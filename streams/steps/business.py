"""Orders, gestures and labels: what there is to know of each kind, and bytes to events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from schemas.business import Gesture, Label, Order
from schemas.topics import GESTURES, LABELS, ORDERS, TopicSpec
from streams.steps.decode import (
    CLOCK_SKEW_SEC,
    MAX_REASON_CHARS,
    MAX_RECORD_BYTES,
    NEWEST,
    OLDEST,
    Record,
    Rejected,
)

BusinessEvent: TypeAlias = Order | Gesture | Label
KindName = Literal["orders", "gestures", "labels"]
KIND_NAMES: tuple[KindName, ...] = get_args(KindName)

MAX_ITEMS = 2**32 - 1  # what the table's column holds


@dataclass(frozen=True)
class Kind:
    """What there is to know of one kind of business event; its name is that of its table."""

    name: KindName
    struct: type[BusinessEvent]
    topic: TopicSpec
    id_of: Callable[[Any], str]
    key_of: Callable[[Any], str]  # of the Kafka record
    time_field: str

    def time_of(self, event: BusinessEvent) -> datetime:
        """When it happened, by its source."""
        moment: datetime = getattr(event, self.time_field)
        return moment


KINDS: dict[KindName, Kind] = {
    "orders": Kind(
        "orders", Order, ORDERS, attrgetter("order_id"), attrgetter("author_id"), "ordered_at"
    ),
    "gestures": Kind(
        "gestures", Gesture, GESTURES, attrgetter("gesture_id"), attrgetter("author_id"), "given_at"
    ),
    "labels": Kind(
        "labels", Label, LABELS, attrgetter("mention_id"), attrgetter("mention_id"), "labelled_at"
    ),
}
KIND_OF_TOPIC: dict[str, Kind] = {kind.topic.name: kind for kind in KINDS.values()}


@dataclass(slots=True)
class DecodedBusiness:
    """Events of one batch beside the records they came from, and what cannot be one."""

    events: list[Any] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def decode_business_batch(records: Sequence[Record], kind: Kind) -> DecodedBusiness:
    """Decode and validate each record on its own; the same records give the same result."""
    decode = msgspec.json.Decoder(kind.struct).decode
    decoded = DecodedBusiness()
    for record in records:
        value = record.value
        if not value or len(value) > MAX_RECORD_BYTES:
            reason = f"longer than {MAX_RECORD_BYTES} bytes" if value else "empty record"
            decoded.rejected.append(Rejected(record, "decode", reason))
            continue
        try:
            event = decode(value)
        except msgspec.ValidationError as error:
            decoded.rejected.append(Rejected(record, "validate", str(error)[:MAX_REASON_CHARS]))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            decoded.rejected.append(Rejected(record, "decode", str(error)[:MAX_REASON_CHARS]))
        else:
            if problem := problem_of(event, kind, written_at_sec=record.timestamp / 1000.0):
                decoded.rejected.append(Rejected(record, "validate", problem))
            else:
                decoded.events.append(event)
                decoded.records.append(record)
    return decoded


def problem_of(event: BusinessEvent, kind: Kind, *, written_at_sec: float) -> str:
    """Why a decoded event cannot be stored, in words; empty when it can.

    "In the future" is judged by the moment its record was written, never by the clock.
    """
    if isinstance(event, Order) and event.items > MAX_ITEMS:
        return f"items is over {MAX_ITEMS} - at `$.items`"
    if plausible(kind.time_of(event), written_at_sec):
        return ""
    return (
        f"{kind.time_field} is before 2000, after 2099 or more than a day after its record was"
        f" written - at `$.{kind.time_field}`"
    )


def plausible(moment: datetime, written_at_sec: float) -> bool:
    """Whether a time can be that of an event whose record was written then."""
    return OLDEST <= moment < NEWEST and moment.timestamp() <= written_at_sec + CLOCK_SKEW_SEC
