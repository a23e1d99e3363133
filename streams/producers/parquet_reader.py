"""Reads Parquet batch by batch, so that a large file needs little memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from streams.errors import InputError
from streams.producers.readers import BUFFER_BYTES, FileFormat, Row, Unreadable

BATCH_ROWS = 2_000


class ParquetReader:
    """Rows as tuples in the order of `columns`."""

    format: FileFormat = "parquet"

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path}: not a Parquet file ({error})") from error
        self.columns = tuple(self._file.schema_arrow.names)
        self._row = 0
        self._current: Row = ()

    def rows(self) -> Iterator[tuple[int, Row | Unreadable]]:
        try:
            for batch in self._file.iter_batches(batch_size=BATCH_ROWS):
                columns = [_values(column) for column in batch.columns]
                for row in zip(*columns, strict=True):
                    self._row += 1
                    self._current = row
                    yield 0, row
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{self._path}, after row {self._row}: the Parquet data is damaged ({error}); "
                "rows before this place count. Write the file again, then run with --restart"
            ) from error

    def raw(self) -> object:
        return dict(zip(self.columns, self._current, strict=True))

    def fraction(self) -> float:
        return self._row / max(self._file.metadata.num_rows, 1)

    def close(self) -> None:
        self._file.close()


def _values(column: Any) -> list[object]:
    # Nanoseconds would come out as pandas objects, or fail without pandas.
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    return list(column.to_pylist())
