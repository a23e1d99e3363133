"""Rows that cannot become events, kept with line and reason beside the checkpoint."""

from pathlib import Path
from types import TracebackType

import msgspec

RAW_CHARS = 64 * 1024


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One row that was left out."""

    row: int  # counted from 1, blank lines and the header left out
    line: int  # of the file where the row begins; 0 where a file has no lines
    reason: str
    raw: str  # as in the file; cut when very long


class RejectedRows:
    """Appends to `<name>.rejected.jsonl`; the file appears with the first rejected row."""

    def __init__(self, path: Path, keep_rows: int | None, max_bytes: int | None = None) -> None:
        """Keep what earlier runs wrote about rows up to `keep_rows`; later ones come again.

        With `keep_rows` None all of it is kept. A file that would pass `max_bytes` becomes
        `<name>.old.jsonl`, in place of the one before, so that a hostile source fills no disk.
        """
        self.path = path
        self._max_bytes = max_bytes
        self._new: list[bytes] = []
        self._encode = msgspec.json.Encoder().encode
        if keep_rows is not None:
            self._discard_after(keep_rows)

    def add(self, row: int, line: int, reason: str, raw: object) -> None:
        """Remember one row; it is on disk after the next `save`."""
        entry = Rejected(row=row, line=line, reason=reason, raw=_as_text(raw)[:RAW_CHARS])
        self._new.append(self._encode(entry))
        if len(self._new) >= 1_000:
            self.save()

    def save(self) -> None:
        """Write what was added."""
        if self._new:
            if self._max_bytes is not None:
                self._make_room(self._max_bytes - sum(len(line) + 1 for line in self._new))
            with self.path.open("ab") as file:
                file.write(b"\n".join(self._new) + b"\n")
            self._new.clear()

    def __enter__(self) -> "RejectedRows":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.save()

    def _make_room(self, most_bytes: int) -> None:
        if self.path.exists() and self.path.stat().st_size > most_bytes:
            self.path.replace(self.path.with_name(f"{self.path.stem}.old.jsonl"))

    def _discard_after(self, keep_rows: int) -> None:
        if not self.path.exists():
            return
        if keep_rows == 0:
            self.path.unlink()
            return
        decode = msgspec.json.Decoder(Rejected).decode
        beside = self.path.with_name(self.path.name + ".tmp")
        with self.path.open("rb") as old, beside.open("wb") as new:
            for line in old:
                try:
                    keep = decode(line).row <= keep_rows
                except msgspec.DecodeError:  # the line a kill cut short
                    keep = False
                if keep:
                    new.write(line)
        beside.replace(self.path)


def _as_text(raw: object) -> str:
    if isinstance(raw, bytes):
        return raw.decode("utf-8", "backslashreplace")
    if isinstance(raw, str):
        return raw.encode("utf-8", "backslashreplace").decode()
    return msgspec.json.encode(raw, enc_hook=str).decode()
