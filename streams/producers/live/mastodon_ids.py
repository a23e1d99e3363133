"""What the statuses of an instance are called elsewhere, on disk, for what comes after a restart.

Deletions and replies name only the local id, and a deleted status can no longer be asked for.
Some hundred bytes a status in an SQLite file beside the checkpoints; past `most_bytes` the oldest
go. It names authors, so `escucha forget` erases people from it, and a deleted status leaves it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 512 * 1024 * 1024  # about five million statuses
SUFFIX: Final = ".ids.sqlite3"
_PREFIX = "mastodon:"
_BUSY_SEC = 30.0  # another listener of the same instance, or somebody being forgotten
_LOOK_EVERY = 10_000  # statuses

Name = tuple[str, str, bool]  # event id, author id, whether it is a repost


def connect(path: Path) -> sqlite3.Connection:
    """The file, made if there is none; what is deleted is overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_SEC)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")
    # Ids grow with time, on every server that speaks this protocol: the lowest are the oldest.
    connection.execute(
        "CREATE TABLE IF NOT EXISTS statuses (local_id PRIMARY KEY, author_id TEXT NOT NULL,"
        " event_id TEXT NOT NULL, is_repost INTEGER NOT NULL) WITHOUT ROWID"
    )
    return connection


class StatusIds:
    """Local id to the name of the event; nothing is lost by kill -9 once `commit` has returned."""

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._connection: sqlite3.Connection | None = None
        self._added = 0

    def add(self, local_id: str, event_id: str, author_id: str, *, is_repost: bool) -> None:
        """Keep what a status is called."""
        values = (_key(local_id), author_id, _short(event_id, author_id), is_repost)
        self._open().execute("INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?)", values)
        self._added += 1

    def get(self, local_id: str) -> Name | None:
        """What the status is called; None if it is not known, or no longer."""
        row = self._open().execute(
            "SELECT event_id, author_id, is_repost FROM statuses WHERE local_id = ?",
            (_key(local_id),),
        ).fetchone()  # fmt: skip
        return None if row is None else (_long(row[0], row[1]), row[1], bool(row[2]))

    def drop(self, local_id: str) -> None:
        """Keep no trace of a status that was deleted."""
        self._open().execute("DELETE FROM statuses WHERE local_id = ?", (_key(local_id),))

    def commit(self) -> None:
        """To be called before the place is told that comes after what was added."""
        connection = self._open()
        connection.commit()
        if self._added >= _LOOK_EVERY:
            self._added = 0
            self._shrink(connection)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        [pages], [free], [size] = (
            connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size > self._most_bytes:
            connection.execute(
                "DELETE FROM statuses WHERE local_id IN"
                " (SELECT local_id FROM statuses ORDER BY local_id LIMIT ?)",
                (2 * _LOOK_EVERY,),
            )
            connection.commit()

    def close(self) -> None:
        """Write what is open and let the file go."""
        if self._connection is not None:
            with closing(self._connection) as connection:
                connection.commit()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path)
        return self._connection


def _key(local_id: str) -> int | str:
    """A number takes eight bytes; a zero in front or a letter makes it no number."""
    if local_id.isascii() and local_id.isdigit() and len(local_id) <= 18 and local_id[0] != "0":
        return int(local_id)
    return local_id


def _short(event_id: str, author_id: str) -> str:
    """Most ids begin with their author's."""
    whole = f"{_PREFIX}{author_id}"
    return f"+{event_id[len(whole) :]}" if event_id.startswith(whole) else f"={event_id}"


def _long(short: str, author_id: str) -> str:
    return f"{_PREFIX}{author_id}{short[1:]}" if short.startswith("+") else short[1:]
