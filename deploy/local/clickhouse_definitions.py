"""The definitions of the embedded ClickHouse's tables, and copies of them.

ClickHouse (26.9) writes a table's definition beside the old one and renames it, but does not see
when that write fails: on a full disk a CREATE, an ALTER or a refresh "succeeds" and leaves a
definition that is empty or cut short. The table then answers until the next stop, is refreshed no
more, and keeps the engine from starting. No setting helps (fsync_metadata does not), and room that
ClickHouse leaves free another program can take. So the launcher has a copy of each definition.
"""

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

from deploy.local.errors import LocalStackError

_BEING_REFRESHED = "%2Etmp%2Einner_id%2E"
_UUID = re.compile(r"UUID '([0-9a-f-]{36})'")
_ROOM_BYTES = 1024**2  # for the definitions that are written again; each has a few kB


class Definitions:
    """What `data/store/…/<table>.sql` say, and what they said when they were last whole."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._copies = folder / "definitions"
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._copied: dict[Path, str] = {}

    def look(self) -> list[Path]:
        """Copy each definition that is whole and new; return those that are empty or cut short."""
        broken = []
        for path in self._paths():
            state = _state(path)
            if state is None or self._seen.get(path) == state:
                continue
            text = _read(path)
            if text is None:
                continue
            if not _is_whole(text):
                broken.append(path)
            elif self._copy(self._copy_of(path), text):
                self._seen[path] = state
        return broken

    def has_room(self) -> bool:
        """Whether the disk takes again what restore() writes."""
        disk = os.statvfs(self._data)
        return disk.f_bavail * disk.f_frsize >= _ROOM_BYTES

    def restore(self) -> None:
        """Make every definition whole, with the engine stopped; raises LocalStackError if not.

        A table keeps its rows. A change of its definition that was lost is to be made again, which
        migrations and upkeep do: on a full disk they cannot note that it was made.
        """
        for path in self._paths(f"{_BEING_REFRESHED}*.sql"):
            # A view had just begun to fill it, and begins again.
            if not _is_whole(_read(path) or ""):
                path.unlink()
        for path in self.look():
            text = _read(self._copy_of(path))
            rows = self._rows_of(path)
            if text:
                identity = self._identity(path, text, rows)
                self._write(path, _UUID.sub(f"UUID '{identity}'", text, count=1))
            elif rows is None or not any(one.is_dir() for one in rows.glob("*_*_*_*")):
                path.unlink()  # made on the full disk: it never had a row
            else:
                raise LocalStackError(
                    f"The definition of a table, {path}, is lost, no copy of it was kept, and its "
                    f"rows lie in {rows}. See RUNBOOK, A full disk."
                )

    def _databases(self) -> Iterator[tuple[str, Path]]:
        for path in (self._data / "metadata").glob("*.sql"):
            found = _UUID.search(_read(path) or "")
            if found:
                yield path.stem, self._store(found[1])

    def _store(self, identity: str) -> Path:
        return self._data / "store" / identity[:3] / identity

    def _paths(self, pattern: str = "*.sql") -> list[Path]:
        return [
            path
            for _, folder in self._databases()
            for path in folder.glob(pattern)
            if pattern != "*.sql" or not path.name.startswith(_BEING_REFRESHED)
        ]

    def _copy_of(self, path: Path) -> Path:
        return self._copies / path.parent.name / path.name  # the database, the table

    def _copy(self, copy: Path, text: str) -> bool:
        # A refresh gives a kept table another UUID every few minutes: that is not worth a write.
        plain = _UUID.sub(f"UUID '{uuid.UUID(int=0)}'", text, count=1)
        if self._copied.get(copy) != plain and _read(copy) != plain:
            try:
                self._write(copy, plain)
            except LocalStackError:
                return False  # the older copy stays
        self._copied[copy] = plain
        return True

    def _rows_of(self, path: Path) -> Path | None:
        """The folder of a table's rows, as the link says that ClickHouse sets for people.

        Without one it is a view, or a table that was made on the full disk.
        """
        for database, folder in self._databases():
            link = self._data / "data" / database / path.stem
            if folder == path.parent and link.is_symlink():
                # What comes before the name is as seen from the engine's own folder.
                return self._store(link.readlink().name)
        return None

    def _identity(self, path: Path, text: str, rows: Path | None) -> str:
        if rows is not None:
            return rows.name
        if text.startswith("ATTACH TABLE") and not self._is_refreshed(path):
            raise LocalStackError(
                f"The definition of a table, {path}, is lost, and where its rows lie is not known. "
                "See RUNBOOK, A full disk."
            )
        return str(uuid.uuid4())  # no rows of its own, or rows that the next refresh makes anew

    def _is_refreshed(self, path: Path) -> bool:
        filled = re.compile(rf"\bREFRESH\b[^;]*?\bTO \w+\.{re.escape(path.stem)}\b")
        views = self._copy_of(path).parent.glob("*.sql")
        return any(filled.search(_read(view) or "") for view in views)

    def _write(self, path: Path, text: str) -> None:
        """Put a whole file in place, or leave what there is and raise LocalStackError."""
        beside = path.with_name(f"{path.name}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(text.encode(errors="surrogateescape"))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise LocalStackError(
                f"A full disk has emptied {path.name}, the definition of a table, and it cannot be "
                f"written again yet ({error.strerror}). Make room and start again: nothing is lost."
            ) from error


def _is_whole(text: str) -> bool:
    return text.endswith("\n")


def _read(path: Path) -> str | None:
    """What a file says, or None when it is not there: tables come and go while we look."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
