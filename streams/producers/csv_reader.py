"""Reads CSV and its relatives: dialect found out or given, rows with their lines."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from streams.errors import InputError
from streams.producers.readers import (
    MAX_LINE_BYTES,
    FileFormat,
    ReadOptions,
    Row,
    Source,
    Unreadable,
    damaged_at,
    refuse_twins,
)

DELIMITERS = ",;\t|"
_SNIFF_CHARS = 256 * 1024
_SNIFF_ROWS = 200
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w"\r\n])"?[\r\n]*', re.IGNORECASE)
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


class CsvReader:
    """Rows as lists of text, all as wide as the header; others come out as Unreadable."""

    format: FileFormat = "csv"

    def __init__(self, source: Source, options: ReadOptions) -> None:
        """Read the header; raises InputError when there is none that could be one."""
        self._path = path = source.path
        self._source = source
        encoding = self._source.encoding(options.encoding)
        self._text = io.TextIOWrapper(
            self._source.stream, encoding=encoding, errors="surrogateescape", newline=""
        )
        self._record: list[str] = []  # physical lines of the record being read
        self._line = 0
        with damaged_at(path, lambda: self._line):
            head = self._head()
        separator = _separator(head)
        if separator:
            self._line, head = 1, head[1:]
        self._header_line = self._line + 1
        self._dialect = _dialect(path, head, options, separator)
        self._parser = csv.reader(self._lines(head), **self._dialect)
        self.columns = options.columns or self._header()

    def rows(self) -> Iterator[tuple[int, Row | Unreadable]]:
        width = len(self.columns)
        parser, record = self._parser, self._record
        with damaged_at(self._path, lambda: self._line):
            while True:
                record.clear()
                line = self._line + 1
                try:
                    fields = next(parser)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield line, Unreadable(f"not CSV: {error}; a quote may be left open")
                    continue
                if len(fields) == width:
                    yield line, fields
                elif fields:
                    reason = f"{len(fields)} columns where the header has {width}"
                    if len(record) > 1:
                        reason += f", in {len(record)} lines; a quote may be left open"
                    yield line, Unreadable(reason)

    def raw(self) -> object:
        return "".join(self._record)

    def fraction(self) -> float:
        return self._source.fraction()

    def close(self) -> None:
        self._source.close()

    def _header(self) -> tuple[str, ...]:
        place = f"{self._path}, line {self._header_line}"
        try:
            names = next(self._parser, None)
        except csv.Error as error:
            raise InputError(f"{place}: no CSV header ({error})") from error
        if not names:
            raise InputError(f"{place}: no CSV header; name the columns by --columns")
        try:
            "".join(names).encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"{place}: not UTF-8; say what it is, for example --encoding cp1252"
            ) from error
        names = [name.strip() for name in names]
        refuse_twins(
            place,
            names,
            "rename one, or name all by --columns and skip the header",
        )
        return tuple(names)

    def _head(self) -> list[str]:
        lines: list[str] = []
        chars = 0
        while chars < _SNIFF_CHARS and len(lines) < _SNIFF_ROWS:
            line = self._text.readline(MAX_LINE_BYTES)
            if not line:
                break
            lines.append(line)
            chars += len(line)
        return lines

    def _lines(self, head: list[str]) -> Iterator[str]:
        # The rest comes by readline with a bound, so that a file without line ends stays small.
        record, readline = self._record, self._text.readline
        for line in head:
            self._line += 1
            record.append(line)
            yield line
        while line := readline(MAX_LINE_BYTES):
            self._line += 1
            record.append(line)
            yield line


def _separator(head: list[str]) -> str:
    """The delimiter that a first line names as Excel has it, `sep=;`; else empty."""
    found = _SEPARATOR_LINE.fullmatch(head[0]) if head else None
    return found[1] if found else ""


def _dialect(path: Path, head: list[str], options: ReadOptions, separator: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"strict": False}
    if options.quote and options.quote.lower() == "none":
        settings["quoting"] = csv.QUOTE_NONE
    elif options.quote:
        settings["quotechar"] = _one_character(options.quote, "--quote")
    if options.escape:
        settings["escapechar"] = _one_character(options.escape, "--escape")
    if options.delimiter:
        settings["delimiter"] = _one_character(options.delimiter, "--delimiter")
    elif separator:
        settings["delimiter"] = separator
    else:
        settings["delimiter"] = max(DELIMITERS, key=lambda mark: _fit(head, settings, mark))
    try:
        csv.reader([], **settings)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: no such CSV dialect: {error}") from error
    return settings


def _fit(head: list[str], settings: dict[str, Any], delimiter: str) -> tuple[float, int]:
    """How well a delimiter explains the first rows: share as wide as the header, and the width."""
    try:
        parser = csv.reader(head, **{**settings, "delimiter": delimiter})
        widths = [len(fields) for fields in islice(parser, _SNIFF_ROWS) if fields]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 0
    whole = widths[:-1] if len(widths) > 2 else widths  # the last may be cut off
    return sum(width == widths[0] for width in whole) / len(whole), widths[0]


def _one_character(given: str, option: str) -> str:
    character = _NAMES.get(given.lower(), given)
    if len(character) != 1:
        raise InputError(f"{option} {given!r}: give one character, or tab")
    return character
