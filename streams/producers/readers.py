"""Reads rows from a file in bounded memory: JSON lines here, CSV and Parquet beside it.

A reader hands out rows one by one with the line they begin at. What cannot be read as a row is
handed out too, as Unreadable, so that every row of the file is accounted for.
"""

import codecs
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

from streams.errors import InputError

FileFormat = Literal["csv", "jsonl", "parquet"]
Row = bytes | list[str] | tuple[object, ...]

MAX_LINE_BYTES = 4 * 1024 * 1024
BUFFER_BYTES = 1024 * 1024
# What a damaged file takes with it: the data unpacked but not yet handed out.
UNPACKED_BUFFER_BYTES = 64 * 1024
SAMPLE_ROWS = 100

_SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stretch of the file that is no row."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How to read a file; None means: find out."""

    format: FileFormat | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None  # "none" where quotes mean nothing
    escape: str | None = None
    columns: tuple[str, ...] = ()  # names, for a file without a header


class Reader(Protocol):
    """One file, read from its start."""

    format: FileFormat
    columns: tuple[str, ...]  # empty for JSON lines, whose rows name their own

    def rows(self) -> Iterator[tuple[int, Row | Unreadable]]:
        """Line and row, in the file's order; raises InputError when the file itself is damaged."""
        ...

    def raw(self) -> object:
        """The row handed out last, as it stands in the file."""
        ...

    def fraction(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def format_of(path: Path, options: ReadOptions) -> FileFormat:
    """The format by option or by the name's ending; raises InputError when neither tells."""
    if options.format:
        return options.format
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    raise InputError(
        f"{path}: the name does not tell the format; add --format csv, jsonl or parquet"
    )


class Source:
    """A file opened for reading, unpacked when it is gzip."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._size = max(path.stat().st_size, 1)
            self._file = path.open("rb", buffering=0)
            start = self._file.read(2)
            self._file.seek(0)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
        if not start:
            self._file.close()
            raise InputError(f"{path}: the file is empty")
        self.stream: BinaryIO
        self._is_packed = start == b"\x1f\x8b"
        if self._is_packed:
            packed = gzip.GzipFile(fileobj=self._file)
            self.stream = io.BufferedReader(cast(io.RawIOBase, packed), UNPACKED_BUFFER_BYTES)
        else:
            self.stream = io.BufferedReader(self._file, BUFFER_BYTES)

    def fraction(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        if self.stream.closed:
            return 1.0
        # Of what is packed only the file knows the size; it is ahead by what is buffered.
        place = self._file.tell() if self._is_packed else self.stream.tell()
        return min(place / self._size, 1.0)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            self.stream.close()
        self._file.close()

    def encoding(self, asked: str | None) -> str:
        """The encoding asked for, else what the byte order mark says, else UTF-8.

        A mark of the encoding asked for is no part of the text.
        """
        with damaged_at(self.path, lambda: 1):
            start = cast(io.BufferedReader, self.stream).peek(4)[:4]
        marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark))
        told = next(marked, "")
        if not asked:
            return told or "utf-8"
        try:
            "".encode(asked)
        except LookupError as error:
            raise InputError(f"encoding {asked!r} is not known; try utf-8 or cp1252") from error
        name = codecs.lookup(asked).name
        return told if told.startswith(name.removesuffix("-le").removesuffix("-be")) else name


class JsonLinesReader:
    """One JSON object per line, handed out undecoded."""

    format: FileFormat = "jsonl"
    columns: tuple[str, ...] = ()

    def __init__(self, source: Source, options: ReadOptions) -> None:
        self._source = source
        self._path = source.path
        self._encoding = self._source.encoding(options.encoding)
        self._line = 0
        self._raw: bytes = b""

    def rows(self) -> Iterator[tuple[int, Row | Unreadable]]:
        with damaged_at(self._path, lambda: self._line):
            lines = self._lines()
            for raw in lines:
                self._line += 1
                self._raw = raw
                if self._line == 1 and raw.lstrip().startswith(b"["):
                    raise InputError(
                        f"{self._path}, line 1: a JSON array, not JSON lines; put each object on "
                        "a line of its own, for example with: jq -c '.[]' FILE"
                    )
                if len(raw) >= MAX_LINE_BYTES and not raw.endswith(b"\n"):
                    for rest in lines:
                        if rest.endswith(b"\n"):
                            break
                    yield self._line, Unreadable(f"the line is over {MAX_LINE_BYTES} bytes long")
                elif not raw.isspace():
                    yield self._line, raw

    def raw(self) -> object:
        return self._raw

    def fraction(self) -> float:
        return self._source.fraction()

    def close(self) -> None:
        self._source.close()

    def _lines(self) -> Iterator[bytes]:
        if self._encoding in {"utf-8", "utf8", "utf-8-sig"}:
            stream = self._source.stream
            first = stream.readline(MAX_LINE_BYTES).removeprefix(b"\xef\xbb\xbf")
            if first:
                yield first
            while line := stream.readline(MAX_LINE_BYTES):
                yield line
            return
        with io.TextIOWrapper(
            self._source.stream, encoding=self._encoding, errors="surrogateescape", newline="\n"
        ) as text:
            while line_text := text.readline(MAX_LINE_BYTES):
                yield line_text.encode("utf-8", "surrogateescape")


def refuse_twins(place: str, columns: Iterable[str], remedy: str) -> None:
    """Raise InputError where two columns have one name: nobody knows which is meant."""
    twins = sorted(name for name, count in Counter(columns).items() if name and count > 1)
    if twins:
        raise InputError(f"{place}: two columns are named {', '.join(twins)}; {remedy}")


@contextmanager
def damaged_at(path: Path, line: "LineNumber") -> Iterator[None]:
    """Turn what a damaged file raises into an InputError that names the line."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}, after line {line()}: the gzip data is damaged or cut short ({error}); rows "
            "before this place count. Fetch the file again, then run with --restart"
        ) from error
    except OSError as error:
        raise InputError(f"{path}, after line {line()}: cannot be read ({error})") from error
    except UnicodeError as error:  # half a character of UTF-16, or an encoding that takes no less
        raise InputError(
            f"{path}, after line {line()}: the text is not in its encoding ({error}); say what it"
            " is, for example --encoding cp1252"
        ) from error


class LineNumber(Protocol):
    def __call__(self) -> int: ...


def open_reader(path: Path, options: ReadOptions) -> Reader:
    """The reader for the file; raises InputError naming what is wrong and the remedy."""
    kind = format_of(path, options)
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    if kind == "parquet":
        from streams.producers.parquet_reader import ParquetReader

        return ParquetReader(path)
    from streams.producers.csv_reader import CsvReader

    source = Source(path)
    try:
        return (JsonLinesReader if kind == "jsonl" else CsvReader)(source, options)
    except BaseException:
        source.close()
        raise
