"""Where a backup lies: a folder, or an address that fsspec knows (s3://…, gs://…, file://…).

A file is there whole or not at all, and its checksum is that of what lies there.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from models.storage import wants_folders
from streams.errors import InputError

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Written:
    """What was written."""

    size: int
    sha256: str


class Vault(Protocol):
    """Files by name, with slashes in it; FileNotFoundError where there is none."""

    place: str

    def write(self, name: str, blocks: Iterable[bytes]) -> Written:
        """Write a file, whole or not at all; whatever had the name is replaced."""
        ...

    def read(self, name: str) -> Iterator[bytes]:
        """The content of a file, block by block."""
        ...


def open_vault(place: str) -> Vault:
    """The vault at a folder or an address; raises InputError with the remedy."""
    if "://" not in place:
        return Folder(Path(place))
    if place.startswith("file://"):
        return Folder(Path(unquote(urlsplit(place).path)))
    try:
        import fsspec

        filesystem, path = fsspec.core.url_to_fs(place)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{place}: needs fsspec: pip install '.[object-storage]' in the checkout"
        ) from error
    except (ImportError, ValueError) as error:
        raise InputError(f"{place}: {error}") from error
    return Bucket(filesystem, path, place)


class _Hashing:
    """Counts and hashes what goes through."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()

    def through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.size += len(block)
            self._hash.update(block)
            yield block

    @property
    def written(self) -> Written:
        return Written(self.size, self._hash.hexdigest())


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._path = path

    def write(self, name: str, blocks: Iterable[bytes]) -> Written:
        """Write beside, bring it to the disk, and rename."""
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # posts and people are in it
        staged = path.with_name(f".{path.name}.partial")
        hashing = _Hashing()
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for block in hashing.through(blocks):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        return hashing.written

    def read(self, name: str) -> Iterator[bytes]:
        """Block by block."""
        with (self._path / name).open("rb") as file:
            while block := file.read(READ_BYTES):
                yield block


class Bucket:
    """Anything fsspec can read and write; an object appears when its upload is done.

    Whatever the place raises is told as InputError with what to look at: every kind of storage
    has errors of its own.
    """

    def __init__(self, filesystem: Any, path: str, place: str) -> None:
        self.place = place
        self._files, self._path = filesystem, path.rstrip("/")

    def write(self, name: str, blocks: Iterable[bytes]) -> Written:
        """Upload; an upload that is broken off leaves nothing, or what was there before."""
        path = f"{self._path}/{name}"
        hashing = _Hashing()
        of_the_blocks: list[Exception] = []
        try:
            if wants_folders(self._files):
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self._files.transaction, self._files.open(path, "wb") as file:
                for block in hashing.through(_noting(blocks, of_the_blocks)):
                    file.write(block)
        except Exception as error:
            if error in of_the_blocks:  # ClickHouse's trouble, not the place's
                raise
            raise self._trouble("written", error) from error
        return hashing.written

    def read(self, name: str) -> Iterator[bytes]:
        """Block by block."""
        try:
            with self._files.open(f"{self._path}/{name}", "rb") as file:
                while block := file.read(READ_BYTES):
                    yield block
        except FileNotFoundError:
            raise
        except Exception as error:
            raise self._trouble("read", error) from error

    def _trouble(self, done: str, error: Exception) -> InputError:
        said = (isinstance(error, OSError) and error.strerror) or str(error) or repr(error)
        return InputError(
            f"{self.place} cannot be {done}: {said}: is the bucket there, are the keys given"
            " (AWS_ACCESS_KEY_ID, …), and do they suffice?"
        )


def _noting(blocks: Iterable[bytes], failed: list[Exception]) -> Iterator[bytes]:
    """The same blocks; what they raise is put into `failed` as well."""
    try:
        yield from blocks
    except Exception as error:
        failed.append(error)
        raise
