"""Arrivals out of files: CSV, JSON lines or Parquet; which column is which is found by its name."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import InputError
from streams.producers.parquet_reader import ParquetReader
from streams.producers.readers import Unreadable
from streams.producers.times import time_parser
from streams.signals.emerging.background import Arrival

_TIMES = ("published_at", "tweet_created", "created_at", "time", "timestamp", "at", "date")
_SERIES = ("series", "topic", "brand", "product", "airline")
_AUTHORS = ("author_id", "author", "user")
_LANGS = ("lang", "language")


def arrivals(
    path: Path, *, time: str | None = None, series: str | None = None, intent: str | None = None
) -> Iterator[Arrival]:
    """What the rows of a file count as; rows whose time cannot be read are left out.

    `intent` names a column; rows where it is empty or says none are left out too. Raises InputError
    when a column is missing, or when no row has a time.
    """
    parse = time_parser()
    read = 0
    for row in _rows(path):
        time_column = _column(row, path, time, _TIMES, needed=True)
        series_column = _column(row, path, series, _SERIES, needed=False)
        if intent is not None and str(row.get(intent) or "none") == "none":
            continue
        try:
            at = parse(row[time_column]).timestamp()
        except ValueError:
            continue
        read += 1
        author = _column(row, path, None, _AUTHORS, needed=False)
        lang = _column(row, path, None, _LANGS, needed=False)
        yield Arrival(
            stratum=path.name.partition(".")[0],
            series=str(row[series_column]) if series_column else path.name.partition(".")[0],
            lang=str(row[lang]) if lang else "",
            author=str(row[author] or "") if author else "",
            at_sec=at,
        )
    if not read:
        raise InputError(f"{path}: no row has a time that can be read; name its column with --time")


_UNREADABLE = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
    OverflowError,
    csv.Error,
    OSError,
)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        if path.suffix in {".jsonl", ".ndjson"}:
            with path.open("rb") as lines:
                for line in lines:
                    yield msgspec.json.decode(line, type=dict[str, Any])
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                yield from csv.DictReader(file)
        elif path.suffix == ".parquet":
            with closing(ParquetReader(path)) as reader:
                for number, (_, found) in enumerate(reader.rows(), 1):
                    if isinstance(found, Unreadable):
                        raise InputError(f"{path}, row {number}: {found.reason}")
                    yield dict(zip(reader.columns, found, strict=True))
        else:
            raise InputError(f"{path}: give a .csv, .jsonl or .parquet file")
    except _UNREADABLE as error:
        raise InputError(f"{path}: {error}") from error


def _column(
    row: dict[str, Any], path: Path, asked: str | None, usual: Sequence[str], *, needed: bool
) -> str:
    for name in (asked,) if asked else usual:
        if name in row:
            return str(name)
    if asked or needed:
        raise InputError(
            f"{path}: no column {asked or ' or '.join(usual)}; it has {', '.join(row)}"
        )
    return ""
