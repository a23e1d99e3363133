"""The checkpoint of a live source: the newest cursor whose everything-before is in Kafka."""

import hashlib
from collections import deque
from pathlib import Path

import msgspec

from streams.errors import InputError
from streams.producers.checkpoint import TopicMark, replace_whole
from streams.producers.live.source import JSON, Cursor

FORMAT = 1
_SPARSE_EVENTS = 64


class LiveCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the source said before `cursor` is in Kafka, among the rejects, or skipped."""

    format: int = FORMAT
    source: str
    scope: str
    topic: str
    cursor: dict[str, JSON] | None = None  # None: the source gave no place yet
    delivered: int = 0  # by all runs together
    rejected: int = 0
    skipped: int = 0
    mark: TopicMark | None = None


def default_path(run_dir: Path, source: str, scope: str, topic: str) -> Path:
    """Where the checkpoint of this source and topic lies unless told otherwise."""
    digest = hashlib.blake2b(f"{source}\n{scope}\n{topic}".encode(), digest_size=6).hexdigest()
    return run_dir / "checkpoints" / f"live-{source}-{digest}.json"


def load(path: Path, *, source: str, scope: str, topic: str) -> LiveCheckpoint | None:
    """The stored checkpoint, None when there is none; InputError when it is not this source's."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    remedy = "--restart begins with what the source offers now, --checkpoint OTHER keeps both"
    try:
        stored = msgspec.json.decode(raw, type=LiveCheckpoint)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a checkpoint of a live source ({error}); {remedy}"
        ) from error
    found = (stored.format, stored.source, stored.scope, stored.topic)
    if found != (FORMAT, source, scope, topic):
        raise InputError(
            f"{path}: belongs to {stored.source} {stored.scope!r} into topic {stored.topic!r} "
            f"(format {stored.format}), not to {source} {scope!r} into {topic!r}; {remedy}"
        )
    return stored


def save(path: Path, checkpoint: LiveCheckpoint) -> None:
    """Replace the stored checkpoint; on return it survives a power cut."""
    replace_whole(path, msgspec.json.format(msgspec.json.encode(checkpoint)) + b"\n")


class Cursors:
    """Cursors that wait for the events before them to be delivered; few, however many come."""

    def __init__(self, safe: Cursor | None) -> None:
        self._safe = safe
        self._waiting: deque[tuple[int, Cursor]] = deque()

    def add(self, events: int, cursor: Cursor) -> None:
        """`cursor` holds once the first `events` events of this run are delivered."""
        waiting = self._waiting
        if len(waiting) > 1 and events - waiting[-2][0] < _SPARSE_EVENTS:
            waiting.pop()  # its neighbours are near enough to begin again at
        elif waiting and waiting[-1][0] == events:
            waiting.pop()
        waiting.append((events, cursor))

    def safe(self, settled_events: int) -> Cursor | None:
        """The newest cursor with nothing undelivered before it."""
        while self._waiting and self._waiting[0][0] <= settled_events:
            self._safe = self._waiting.popleft()[1]
        return self._safe

    def __len__(self) -> int:
        return len(self._waiting)
