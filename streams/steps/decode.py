"""Bytes to events. What cannot be one becomes a dead letter with the reason in plain words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from schemas.mention import Deletion, Event, Heartbeat, Interaction, Mention
from schemas.pipeline import FailureStage
from streams.steps.unchecked import UncheckedMention, check, decode_unchecked

MAX_RECORD_BYTES = 1_000_000
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
NEWEST = datetime(2100, 1, 1, tzinfo=UTC)  # ClickHouse's minutes end in 2106
_OLDEST_SEC, _NEWEST_SEC = OLDEST.timestamp(), NEWEST.timestamp()
CLOCK_SKEW_SEC = 24 * 3600.0  # sources' clocks run ahead; by more than a day they are wrong
MAX_REASON_CHARS = 500


class Record(Protocol):
    """What a step needs of a Kafka record."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that can never be processed as it is."""

    record: Record
    stage: FailureStage
    reason: str


@dataclass(slots=True)
class Decoded:
    """Events of one batch, each list beside the list of the records they came from."""

    mentions: list[Mention] = field(default_factory=list)
    mention_records: list[Record] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    interaction_records: list[Record] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    deletion_records: list[Record] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    heartbeat_records: list[Record] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def refuse(self, letters: Sequence[Rejected]) -> None:
        """Add dead letters of the same batch, in the order of their offsets."""
        if letters:
            self.rejected = sorted(
                [*self.rejected, *letters], key=lambda letter: letter.record.offset
            )


_decode = msgspec.json.Decoder(Event).decode


def decode_batch(records: Sequence[Record]) -> Decoded:
    """Decode and validate each record on its own: a bad one never touches its neighbours.

    Decoding the whole batch joined to one JSON array would save a tenth of the time, and a
    crafted pair of records could then pass for others. "In the future" is judged by the
    record's own Kafka timestamp and not by the clock, so that a redelivery decides the same.
    """
    decoded = _decoded(records, decode_unchecked, UncheckedMention)
    if check(decoded.mentions):
        return decoded
    return _decoded(records, _decode, Mention)  # which of them is malformed is said by the decoder


def _decoded(
    records: Sequence[Record], decode: Callable[[bytes], Event], mention: type[Mention]
) -> Decoded:
    """What `decode`, which makes a `mention` of a mention, makes of each record."""
    decoded = Decoded()
    add_mention, add_mention_record = decoded.mentions.append, decoded.mention_records.append
    for record in records:
        value = record.value
        if not value or len(value) > MAX_RECORD_BYTES:
            reason = f"longer than {MAX_RECORD_BYTES} bytes" if value else "empty record"
            decoded.rejected.append(Rejected(record, "decode", reason))
            continue
        try:
            event = decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            decoded.rejected.append(_refused(record, value) or _invalid(record, error))
        else:
            if type(event) is mention:
                if not _plausible(event.published_at, record):
                    decoded.rejected.append(
                        _refused(record, value) or _out_of_range(record, "published_at")
                    )
                elif event.edited_at is not None and not _plausible(event.edited_at, record):
                    decoded.rejected.append(
                        _refused(record, value) or _out_of_range(record, "edited_at")
                    )
                else:
                    add_mention(event)
                    add_mention_record(record)
            elif type(event) is Interaction:
                if _plausible(event.occurred_at, record):
                    decoded.interactions.append(event)
                    decoded.interaction_records.append(record)
                else:
                    decoded.rejected.append(_out_of_range(record, "occurred_at"))
            elif type(event) is Deletion:
                if _plausible(event.deleted_at, record):
                    decoded.deletions.append(event)
                    decoded.deletion_records.append(record)
                else:
                    decoded.rejected.append(_out_of_range(record, "deleted_at"))
            elif type(event) is Heartbeat and _plausible(event.sent_at, record):
                decoded.heartbeats.append(event)
                decoded.heartbeat_records.append(record)
            else:
                decoded.rejected.append(_out_of_range(record, "sent_at"))
    return decoded


def _refused(record: Record, value: bytes) -> Rejected | None:
    """Why the contract refuses a value; None when it does not."""
    try:
        _decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _invalid(record, error)
    return None


def _invalid(record: Record, error: Exception) -> Rejected:
    stage: FailureStage = "validate" if isinstance(error, msgspec.ValidationError) else "decode"
    return Rejected(record, stage, str(error)[:MAX_REASON_CHARS])


def _plausible(moment: datetime, record: Record) -> bool:
    seconds = moment.timestamp()  # to the microsecond: a float holds more until the year 2255
    latest = record.timestamp / 1000.0 + CLOCK_SKEW_SEC
    return _OLDEST_SEC <= seconds < _NEWEST_SEC and seconds <= latest


def _out_of_range(record: Record, name: str) -> Rejected:
    reason = f"{name} is before 2000, after 2099 or more than a day after its record was written"
    return Rejected(record, "validate", reason)
