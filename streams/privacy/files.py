"""Files of the run directory that can hold something of a person: exports, rejected rows, sets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.privacy.receipts import Remainder
from streams.privacy.scrub import Scrubber
from streams.privacy.subject import Subject

# What in the run directory is searched. `training`: sets that models are trained on belong there,
# one mention a line. `checkpoints`: rejected rows lie beside them. Mastodon's own checkpoint names
# the newest 500 statuses and their authors by id; they go as newer ones are heard.
FOLDERS = {
    "exports": (".json", ".jsonl", ".csv"),
    "training": (".json", ".jsonl", ".csv"),
    "checkpoints": (".jsonl",),
}


@dataclass(frozen=True)
class FilesPlace:
    """One folder. Of `.jsonl` and `.csv` the lines of a person go, of others the whole file."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name in the run directory."""
        return f"files {self.folder.name}"

    def find(self, subject: Subject) -> int:
        """How many lines, or whole files, name the person."""
        return sum(1 for _ in self.rows(subject))

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """Where it stands; exports do not hold exports."""
        scrubber = Scrubber(subject)
        for path in self._files():
            for number, line in enumerate(_units(path), start=1):
                if _holds(scrubber, line):
                    yield {"file": path.name, "line": number}

    def erase(self, subject: Subject) -> list[Remainder]:
        """Rewrite or delete the files."""
        scrubber = Scrubber(subject)
        for path in self._files():
            units = list(_units(path))
            kept = [line for line in units if not _holds(scrubber, line)]
            if len(kept) == len(units):
                continue
            if kept:
                beside = path.with_name(f"{path.name}.new")
                beside.write_bytes(b"".join(kept))
                beside.replace(path)
            else:
                path.unlink()
        return []

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        suffixes = FOLDERS[self.folder.name]
        return sorted(p for p in self.folder.rglob("*") if p.suffix in suffixes and p.is_file())


def _units(path: Path) -> Iterator[bytes]:
    if path.suffix in (".jsonl", ".csv"):
        with path.open("rb") as file:
            yield from file
    else:
        yield path.read_bytes()


def _holds(scrubber: Scrubber, line: bytes) -> bool:
    ids = (post_id.encode() for post_id in scrubber.post_ids)
    return scrubber.holds(None, line) or any(post_id in line for post_id in ids)
