"""Rows of a CSV or JSONL file that people made, with their places for error messages."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from models.errors import CorpusError

_LINES = (".jsonl", ".ndjson", ".json")


class Row(msgspec.Struct, frozen=True):
    """One row: where it is, and its cells by column."""

    place: str
    values: Mapping[str, Any]


def read_rows(file: Path, required: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a file, JSONL by its ending, else CSV (comma, semicolon or tab).

    Raises CorpusError, naming file and line, for what cannot be read and for a column of
    `required` that is not there.
    """
    content = _decoded(file)
    rows = _objects if file.suffix.lower() in _LINES else _records
    for number, values in rows(file, content):
        if missing := [name for name in required if name not in values]:
            raise CorpusError(
                f"{file}:{number}: no column {missing[0]!r}, only {', '.join(map(str, values))}: "
                "rename it in the file"
            )
        yield Row(f"{file}:{number}", values)


def cell(row: Row, name: str) -> str:
    """The cell as text; empty where there is none."""
    value = row.values.get(name)
    return "" if value is None else str(value)


def _decoded(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        # What old spreadsheets write where it is not UTF-8; Latin-1 takes any byte.
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CorpusError(f"{file}: begins as UTF-16 does, but is not: save it as UTF-8")


def _objects(file: Path, content: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Only "\n" ends a line: a text may hold the other separators that splitlines() cuts at.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            raise CorpusError(f"{file}:{number}: {error}: one JSON object a line") from error


def _records(file: Path, content: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    head = content.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise CorpusError(
                    f"{file}:{reader.line_num}: another number of cells than the header has: "
                    f"put cells that hold {delimiter!r} in quotes"
                )
            yield reader.line_num, row
    except csv.Error as error:
        # The reader has not counted the line that it could not read.
        place = f"{file}:{reader.line_num + 1}"
        raise CorpusError(f"{place}: {error}: is it a CSV file?") from error
