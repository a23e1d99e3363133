"""What a backup consists of: `backup.json`, written after each part and last of all."""

import re
import sys
from collections.abc import Generator, Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

import msgspec

from streams.errors import InputError
from streams.operate.vault import Vault
from streams.settings import Settings

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT = 1
FILE = "backup.json"
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9+_-]{1,100}", re.ASCII)
_PARTITION = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_PATH = re.compile(
    r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}/){0,3}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}", re.ASCII
)


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one partition of one table, in ClickHouse's own format."""

    table: str
    partition_id: str
    part: int = 0  # of those that a large partition was cut into
    file: str
    rows: int
    size: int
    sha256: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Up to where a partition's records are in the backup.

    Batches before `resume_at` are whole. The ledger goes to `planned_to`; what lies between is
    completed by the workers, which read it again from Kafka.
    """

    topic: str
    topic_id: str
    partition: int
    resume_at: int
    planned_to: int


class Manifest(msgspec.Struct, kw_only=True):
    """Everything about a backup; new fields need a default, so that older ones still decode."""

    format: int = FORMAT
    created_at: datetime
    complete: bool = False
    clickhouse: str
    migrations: list[str]
    group: str
    positions: list[Position]
    chunks: list[Chunk]
    settings: dict[str, Any] = {}
    models: list[str] = []
    heads: list[str] = []  # those of them that have heads of the accurate profile
    backfilled: int = 0  # rows of `backfills` when it began
    cuts: dict[str, list[int]] = {}  # of large partitions, by table/partition: seconds of the key

    def holds(self, table: str, partition_id: str, part: int) -> bool:
        """Whether this part is there already."""
        wanted = (table, partition_id, part)
        return any((c.table, c.partition_id, c.part) == wanted for c in self.chunks)


def load(vault: Vault) -> Manifest | None:
    """The manifest of a place; None where no backup was begun. Raises InputError."""
    try:
        content = b"".join(vault.read(FILE))
    except FileNotFoundError:
        return None
    try:
        found = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{vault.place}/{FILE} is no manifest of a backup: {error}") from error
    if found.format > FORMAT:
        raise InputError(f"{vault.place} was made by a newer Escucha: upgrade this one first")
    for chunk in found.chunks:
        # They go into statements and paths, and a backup may have been in other hands.
        if not (
            _TABLE.fullmatch(chunk.table)
            and _PARTITION.fullmatch(chunk.partition_id)
            and _PATH.fullmatch(chunk.file)
        ):
            raise InputError(
                f"{vault.place}/{FILE} names a table, partition or file as no backup does:"
                f" {chunk.table!r}, {chunk.partition_id!r}, {chunk.file!r}"
            )
    named = (*found.models, *found.heads)
    if strange := [version for version in named if not _VERSION.fullmatch(version)]:
        raise InputError(f"{vault.place}/{FILE} names a model as no store does: {strange[0]!r}")
    return found


def save(vault: Vault, manifest: Manifest) -> None:
    """Replace the manifest in one step."""
    vault.write(FILE, [msgspec.json.format(msgspec.json.encode(manifest))])


def without_secrets(settings: Settings) -> dict[str, Any]:
    """All settings but those that are secret: those never show themselves in a repr either."""
    return {
        one.name: str(value) if not isinstance(value, int | float | str | None) else value
        for one in fields(settings)
        if one.repr
        for value in [getattr(settings, one.name)]
    }


def packed(blocks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Compressed."""
    pack = zstd.ZstdCompressor()
    for block in blocks:
        if out := pack.compress(block):
            yield out
    yield pack.flush()


def unpacked(blocks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """As it was before `packed`."""
    unpack = zstd.ZstdDecompressor()
    for block in blocks:
        if out := unpack.decompress(block):
            yield out
