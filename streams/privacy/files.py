"""Files of the run directory that can hold something of a person: exports, rejected rows, sets."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import InputError
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
# Labelled sets that `escucha labels export` wrote elsewhere: their paths, as JSON, one a line.
EXPORTED = Path("training") / "exported.list"


class _Files(ABC):
    """Files of which the lines of a person go, or, where they have none, the whole file."""

    @abstractmethod
    def _files(self) -> list[Path]: ...

    def _has_lines(self, path: Path) -> bool:
        return path.suffix in (".jsonl", ".csv")

    def _units(self, path: Path) -> Iterator[bytes]:
        try:
            if self._has_lines(path):
                with path.open("rb") as file:
                    yield from file
            else:
                yield path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be searched ({error.strerror})") from error

    def find(self, subject: Subject) -> int:
        """How many lines, or whole files, name the person."""
        return sum(1 for _ in self.rows(subject))

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """Where it stands; exports do not hold exports."""
        scrubber = Scrubber(subject)
        for path in self._files():
            for number, line in enumerate(self._units(path), start=1):
                if _holds(scrubber, line):
                    yield {"file": path.name, "line": number}

    def erase(self, subject: Subject) -> list[Remainder]:
        """Rewrite or delete the files."""
        scrubber = Scrubber(subject)
        for path in self._files():
            units = list(self._units(path))
            kept = [line for line in units if not _holds(scrubber, line)]
            if len(kept) == len(units):
                continue
            if kept:
                beside = path.with_name(f"{path.name}.new")
                beside.touch(mode=0o600)
                shutil.copymode(path, beside)  # whom it was closed to, it stays closed to
                beside.write_bytes(b"".join(kept))
                beside.replace(path)
            else:
                path.unlink()
        return []


@dataclass(frozen=True)
class FilesPlace(_Files):
    """One folder of the run directory."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name in the run directory."""
        return f"files {self.folder.name}"

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        suffixes = FOLDERS[self.folder.name]
        return sorted(p for p in self.folder.rglob("*") if p.suffix in suffixes and p.is_file())


@dataclass(frozen=True)
class ExportedPlace(_Files):
    """Labelled sets wherever they were written, as long as they lie there."""

    run_dir: Path

    @property
    def name(self) -> str:
        """How receipts call it."""
        return "files exported sets"

    def note(self, path: Path) -> None:
        """Remember that a set was written there."""
        known = self._known()
        if (path := path.resolve()) not in known:
            place = self.run_dir / EXPORTED
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("ab") as file:
                file.write(msgspec.json.encode(str(path)) + b"\n")

    def _known(self) -> list[Path]:
        try:
            lines = (self.run_dir / EXPORTED).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [Path(msgspec.json.decode(line, type=str)) for line in lines]

    def _files(self) -> list[Path]:
        here = self.run_dir.resolve() / "training"  # FilesPlace looks there
        return [p for p in self._known() if p.is_file() and not p.is_relative_to(here)]

    def _has_lines(self, path: Path) -> bool:
        return True


def _holds(scrubber: Scrubber, line: bytes) -> bool:
    ids = (post_id.encode() for post_id in scrubber.post_ids)
    return scrubber.holds(None, line) or any(post_id in line for post_id in ids)
