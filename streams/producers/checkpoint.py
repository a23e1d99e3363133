"""Remembers how far a file has been delivered, so that a run can end anywhere and go on.

The checkpoint is replaced whole (write, fsync, rename), so a kill leaves the old or the new one.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from streams.errors import InputError

IDENTITY_BYTES = 64 * 1024
FORMAT = 1


class FileIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one version of a file from another."""

    path: str
    size: int
    mtime_ns: int
    head: str  # digest of the first bytes

    @classmethod
    def of(cls, path: Path) -> "FileIdentity":
        """Identity of the file as it is now."""
        status = path.stat()
        with path.open("rb") as file:
            head = hashlib.blake2b(file.read(IDENTITY_BYTES), digest_size=16).hexdigest()
        return cls(
            path=str(path.resolve()), size=status.st_size, mtime_ns=status.st_mtime_ns, head=head
        )


class TopicMark(msgspec.Struct, frozen=True, kw_only=True):
    """One record of this run in the topic; if it is gone, the topic is not the same one."""

    partition: int
    offset: int


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Rows up to `rows` are in Kafka or among the rejected ones."""

    format: int = FORMAT
    file: FileIdentity
    topic: str
    mapping: str  # digest: another mapping makes other events of the same rows
    story_start: str = ""
    rows: int = 0
    delivered: int = 0
    rejected: int = 0
    finished: bool = False
    mark: TopicMark | None = None


def default_path(run_dir: Path, file: Path, topic: str) -> Path:
    """Where the checkpoint of this file and topic lies unless told otherwise."""
    digest = hashlib.blake2b(f"{file.resolve()}\n{topic}".encode(), digest_size=6).hexdigest()
    return run_dir / "checkpoints" / f"{file.name}-{digest}.json"


def load(path: Path) -> Checkpoint | None:
    """The stored checkpoint, None when there is none; raises InputError when it is unreadable."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        checkpoint = msgspec.json.decode(raw, type=Checkpoint)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a checkpoint ({error}); --restart begins the file again"
        ) from error
    if checkpoint.format != FORMAT:
        raise InputError(
            f"{path}: written by another version (format {checkpoint.format}); "
            "--restart begins the file again"
        )
    return checkpoint


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the stored checkpoint; on return it survives a power cut."""
    replace_whole(path, msgspec.json.format(msgspec.json.encode(checkpoint)))


def replace_whole(path: Path, content: bytes) -> None:
    """Give the file this content; a kill leaves the old or the new one, never a part."""
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def refuse_if_changed(stored: Checkpoint, current: Checkpoint, path: Path) -> None:
    """Raise InputError naming what differs between the stored run and this one."""
    differences = {
        "the file's size": stored.file.size != current.file.size,
        "the file's time of change": stored.file.mtime_ns != current.file.mtime_ns,
        "the file's first bytes": stored.file.head != current.file.head,
        "the file's place": stored.file.path != current.file.path,
        "the mapping or a reading option": stored.mapping != current.mapping,
        "the topic": stored.topic != current.topic,
    }
    changed = [name for name, differs in differences.items() if differs]
    if changed:
        raise InputError(
            f"{current.file.path}: {', '.join(changed)} changed since {stored.rows} rows of it "
            f"were delivered or rejected; --restart sends it from its first row (same ids, so "
            f"nothing is counted twice), --checkpoint OTHER keeps both. The checkpoint is {path}"
        )


@contextmanager
def locked(path: Path, doing: str = "ingesting this file") -> Iterator[None]:
    """Hold the checkpoint for this process; raises InputError when another one does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"{path}: another run is {doing}; wait for it or stop it") from error
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
