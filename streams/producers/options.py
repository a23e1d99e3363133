"""What an ingestion is asked to do, and what it says it did."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from streams.kafka_access import KafkaAccess
from streams.producers.amounts import DecimalMark
from streams.producers.mapping import MappingRequest
from streams.producers.pacing import Speed
from streams.producers.readers import ReadOptions
from streams.steps.business import KINDS, KindName


@dataclass(frozen=True, kw_only=True)
class IngestOptions:
    """One file to ingest."""

    file: Path
    mapping: MappingRequest = field(default_factory=MappingRequest)
    read: ReadOptions = field(default_factory=ReadOptions)
    kind: KindName | None = None  # None: mentions
    decimal: DecimalMark | None = None  # None: as each amount tells, refused where it does not
    speed: Speed = field(default_factory=Speed)
    rate: float | None = None  # events per second at most
    story_start: datetime | None = None
    checkpoint: Path | None = None  # None: in the run directory, by the file's name
    restart: bool = False
    strict: bool = False  # the first bad row ends the run
    heartbeat_sec: float = 5.0  # 0: none
    checkpoint_sec: float = 1.0

    def topic(self, mentions_topic: str) -> str:
        """Where the file's events go."""
        return mentions_topic if self.kind is None else KINDS[self.kind].topic.name


class IngestSettings(Protocol):
    """The part of streams.settings.Settings that is needed."""

    @property
    def kafka(self) -> KafkaAccess: ...
    @property
    def mentions_topic(self) -> str: ...
    @property
    def run_dir(self) -> Path: ...


class IngestSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did. In a finished run: rows of the file = skipped + read."""

    file: str
    topic: str
    source: str
    skipped: int  # delivered or rejected by earlier runs
    read: int
    delivered: int
    rejected: int
    finished: bool
    seconds: float
    rows_per_second: float
    checkpoint: str
    rejected_rows: str | None  # the file that holds them, when there are any


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run has come."""

    read: int
    delivered: int
    rejected: int
    fraction: float  # of the file
    seconds: float


class Observer:
    """Hears how a run goes; this one keeps silent."""

    def plan(self, lines: list[str]) -> None:
        """How rows become events, in lines for people."""

    def progress(self, progress: Progress) -> None:
        """Called several times a second."""

    def note(self, text: str) -> None:
        """Something a person should know."""

    def close(self) -> None:
        """The run is over."""
