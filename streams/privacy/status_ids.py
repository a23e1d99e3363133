"""The files in which listeners to Mastodon keep what statuses are called."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.privacy.receipts import Remainder
from streams.privacy.subject import Subject
from streams.producers.live.mastodon_ids import SUFFIX, connect


@dataclass(frozen=True)
class StatusIdsPlace:
    """All of them in one folder."""

    folder: Path

    @property
    def name(self) -> str:
        """How receipts call it."""
        return "files status ids"

    def find(self, subject: Subject) -> int:
        """How many statuses of the person are named."""
        return sum(1 for _ in self.rows(subject))

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """Which statuses, file by file."""
        for path in self._files():
            with closing(connect(path)) as ids:
                for author_id in sorted(subject.author_ids):
                    for (local_id,) in ids.execute(
                        "SELECT local_id FROM statuses WHERE author_id = ?", (author_id,)
                    ):
                        yield {"file": path.name, "local_id": str(local_id)}

    def erase(self, subject: Subject) -> list[Remainder]:
        """Delete and overwrite them, in the file and in its log."""
        for path in self._files():
            with closing(connect(path)) as ids:
                for author_id in subject.author_ids:
                    ids.execute("DELETE FROM statuses WHERE author_id = ?", (author_id,))
                ids.commit()
                _empty_log(ids)
        return []

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))


def _empty_log(ids: sqlite3.Connection) -> None:
    ids.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
