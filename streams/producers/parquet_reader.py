"""Rows of Parquet in bounded memory: a bomb ends another process (`parquet_apart.py`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from streams.errors import InputError
from streams.producers import parquet_apart as apart
from streams.producers.readers import FileFormat, Row, Unreadable, refuse_twins

_END_SEC = 5.0


class ParquetReader:
    """Rows as tuples in the order of `columns`."""

    format: FileFormat = "parquet"

    def __init__(self, path: Path, most_bytes: int = apart.MOST_BYTES) -> None:
        """`most_bytes` bounds what reading may take."""
        self._path = path
        self._most_bytes = most_bytes
        self._row = 0
        self._current: Row = ()
        self._process, self._pipe = apart.begin(path, most_bytes)
        try:
            head = self._message()
        except BaseException:
            self.close()
            raise
        told = json.loads(head[1:])
        self.columns = tuple(told["columns"])
        try:
            refuse_twins(str(path), self.columns, "write the file again with one of them renamed")
        except InputError:
            self.close()
            raise
        self._rows = max(int(told["rows"]), 1)

    def rows(self) -> Iterator[tuple[int, Row | Unreadable]]:
        while (message := self._message()) != apart.END:
            if message.startswith(apart.TOO_LARGE):
                self._row += 1
                self._current = ()
                yield (
                    0,
                    Unreadable(
                        f"the row is over {apart.MOST_PIECE_BYTES} bytes large ({int(message[1:])})"
                    ),
                )
                continue
            for batch in pa.ipc.open_stream(pa.py_buffer(message).slice(1)):
                for row in _rows(batch):
                    self._row += 1
                    self._current = () if isinstance(row, Unreadable) else row
                    yield 0, row

    def raw(self) -> object:
        return dict(zip(self.columns, self._current, strict=False))

    def fraction(self) -> float:
        return min(self._row / self._rows, 1.0)

    def close(self) -> None:
        self._process.kill()
        self._process.join(_END_SEC)
        self._process.close()
        self._pipe.close()

    def _message(self) -> bytes:
        """The next thing that is told; raises InputError where that is what is wrong."""
        try:
            message = self._pipe.recv_bytes(apart.MOST_MESSAGE_BYTES + 1)
        except (EOFError, OSError):  # it was ended, by the system or by a fault in compiled code
            message = apart.OUT_OF_MEMORY
        if message.startswith(apart.OUT_OF_MEMORY):
            raise InputError(
                f"{self._place()} more than {self._most_bytes // 1024**2} MiB are needed to read"
                " on: the file unpacks to far more than its size, by mistake or on purpose. If"
                " you trust it, write it again with smaller pages and row groups"
            )
        if message.startswith(apart.DAMAGED):
            error = json.loads(message[1:])
            if not self._row and not hasattr(self, "columns"):
                raise InputError(f"{self._path}: not a Parquet file ({error})")
            raise InputError(
                f"{self._place()} the Parquet data is damaged ({error}); rows before this place"
                " count. Write the file again, then run with --restart"
            )
        return message

    def _place(self) -> str:
        return f"{self._path}, after row {self._row}:"


def _rows(batch: pa.RecordBatch) -> Iterator[Row | Unreadable]:
    try:
        columns = [_values(column) for column in batch.columns]
    except (ValueError, OverflowError, LookupError, pa.ArrowException) as error:
        # A text that is no UTF-8, a year beyond 9999, a time zone that nobody knows.
        if batch.num_rows == 1:
            yield Unreadable(f"a value cannot be read ({error})")
            return
        for number in range(batch.num_rows):
            yield from _rows(batch.slice(number, 1))
    else:
        yield from zip(*columns, strict=True)


def _values(column: Any) -> list[object]:
    # Nanoseconds would come out as pandas objects, or fail without pandas.
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    return list(column.to_pylist())
