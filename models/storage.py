"""Where a model store keeps its files: a directory, or an address that fsspec knows.

    .escucha/models          a directory: whole folders appear at once, replacing is atomic
    file:///srv/models       the same
    s3://bucket/models       object storage; needs fsspec and the package of that kind (s3fs, gcsfs)
    memory://models          this process only, for tests

On object storage a folder is not written at once, so its files are written in order, and a folder
counts once the last of them is there. Replacing one object is atomic there too.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from models.errors import ModelStoreError, StoreUnavailableError

_LOCK_FILE = ".lock"
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})


class Storage(Protocol):
    """Small files in folders one level deep; FileNotFoundError where there is none."""

    def read(self, *path: str) -> bytes:
        """Return the content of a file."""
        ...

    def folders(self, last_file: str) -> list[str]:
        """Return the names of the folders that are complete, in any order."""
        ...

    def add_folder(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write a folder, complete or not at all; raises FileExistsError if it is there."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Write a file; readers find the old content or the new, never a part."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep other writers out meanwhile, where the storage can."""
        ...


def open_storage(place: Path | str) -> Storage:
    """Return the storage of a directory or an address; nothing is touched yet.

    Raises ModelStoreError with the remedy when a package that the address needs is missing.
    """
    text = str(place)
    if isinstance(place, Path) or "://" not in text:
        return Reached(Directory(Path(place)), text)
    if text.startswith("file://"):
        return Reached(Directory(Path(unquote(urlsplit(text).path))), text)
    try:
        import fsspec
    except ModuleNotFoundError as error:
        raise ModelStoreError(
            f"{text}: needs fsspec: pip install '.[object-storage]' in the checkout"
        ) from error
    try:
        filesystem, path = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError) as error:
        raise ModelStoreError(f"{text}: {error}") from error
    return Reached(Bucket(filesystem, path), text)


def wants_folders(filesystem: Any) -> bool:
    """Whether folders have to be made before files are written into them.

    In object storage there are none, and making one would make a mistyped bucket, or be refused
    to keys that may do no more than they must.
    """
    kinds = filesystem.protocol
    return _OBJECT_STORES.isdisjoint((kinds,) if isinstance(kinds, str) else kinds)


class Reached:
    """Another storage, whose troubles are all StoreUnavailableError with the address.

    Storages raise errors of their own kinds where a network, a key or a disk is missing; nobody
    who reads models can know them all.
    """

    def __init__(self, storage: Storage, place: str) -> None:
        self._storage, self._place = storage, place

    def read(self, *path: str) -> bytes:
        """Return the content of a file."""
        with self._told(FileNotFoundError):
            return self._storage.read(*path)

    def folders(self, last_file: str) -> list[str]:
        """Return the names of the complete folders."""
        with self._told(()):
            return self._storage.folders(last_file)

    def add_folder(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write a folder."""
        with self._told(FileExistsError):
            self._storage.add_folder(name, files)

    def replace(self, name: str, content: bytes) -> None:
        """Write a file."""
        with self._told(()):
            self._storage.replace(name, content)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other writers out; what is done meanwhile raises what it raises."""
        with ExitStack() as held:
            with self._told(()):
                held.enter_context(self._storage.exclusive())
            yield

    @contextmanager
    def _told(self, but: type[OSError] | tuple[()]) -> Iterator[None]:
        """Within it all but `but`, which means something, is StoreUnavailableError."""
        try:
            yield
        except but:
            raise
        except Exception as error:
            said = (isinstance(error, OSError) and error.strerror) or str(error) or repr(error)
            raise StoreUnavailableError(
                f"{self._place} cannot be read or written: {said}: is ESCUCHA_MODEL_STORE right,"
                " and may this user?"
            ) from error


class Directory:
    """A directory of this machine; writers of one machine wait for each other."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, *path: str) -> bytes:
        """Return the content of a file."""
        return self.path.joinpath(*path).read_bytes()

    def folders(self, last_file: str) -> list[str]:
        """Return the names of the folders; they are complete, or hidden."""
        if not self.path.is_dir():
            return []
        return [entry.name for entry in self.path.iterdir() if entry.is_dir()]

    def add_folder(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write a folder under a hidden name and rename it once everything is on the disk."""
        folder = self.path / name
        if folder.exists():
            raise FileExistsError(name)
        if self.path.is_file():  # mkdir would say that it exists, as of a version
            raise NotADirectoryError(f"{self.path} is a file")
        self.path.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=".partial-", dir=self.path))
        try:
            for file, content in files.items():
                _write(partial / file, content)
            partial.chmod(0o755)  # mkdtemp makes it private, but services read as other users
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def replace(self, name: str, content: bytes) -> None:
        """Write beside the file, and rename."""
        staged = self.path / f".{name}-{os.getpid()}"
        _write(staged, content)
        staged.replace(self.path / name)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold a lock that ends with the process, so a killed writer stops nobody."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / _LOCK_FILE).open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Bucket:
    """Anything fsspec can read and write; of two writers at once the later one counts."""

    def __init__(self, filesystem: Any, path: str) -> None:
        self._files, self._path = filesystem, path.rstrip("/")

    def _at(self, *path: str) -> str:
        return "/".join((self._path, *path))

    def read(self, *path: str) -> bytes:
        """Return the content of a file."""
        content: bytes = self._files.cat_file(self._at(*path))
        return content

    def folders(self, last_file: str) -> list[str]:
        """Return the names of the folders that have the file that is written last."""
        self._files.invalidate_cache()  # others write too
        found = self._files.glob(self._at("*", last_file))
        return [name.split("/")[-2] for name in found]

    def add_folder(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write the files in order; what comes before the last is overwritten when tried again."""
        last = list(files)[-1]
        if self._files.exists(self._at(name, last)):
            raise FileExistsError(name)
        if wants_folders(self._files):
            self._files.makedirs(self._at(name), exist_ok=True)
        for file, content in files.items():
            self._files.pipe_file(self._at(name, file), content)

    def replace(self, name: str, content: bytes) -> None:
        """Write one object."""
        self._files.pipe_file(self._at(name), content)

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep nobody out: object storage has no locks."""
        return nullcontext()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
