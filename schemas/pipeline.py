"""What the pipeline says about its own work: dead letters and progress."""

from typing import Literal

import msgspec

from schemas.mention import Count, Instant, ShortText

FailureStage = Literal["decode", "validate", "classify"]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record that can never be processed as it is, kept whole with the reason."""

    topic: str
    partition: Count
    offset: Count
    stage: FailureStage
    reason: ShortText
    key: bytes | None  # base64 in JSON; null: the record had none; empty: none, or too many bytes
    value: bytes | None  # base64 in JSON, null: a tombstone; empty when its bytes are too many
    value_size: Count = 0  # of the record, in bytes; the table dead_letters has it whole
    kafka_timestamp: Instant


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One batch has landed in ClickHouse: what waits for rows can look now."""

    topic: str
    partition: Count
    first_offset: Count
    last_offset: Count
    mentions: Count
    newest_published_at: Instant | None
    stored_at: Instant
