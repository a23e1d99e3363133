"""What a search found, as a file: CSV or Parquet, written slice by slice in bounded memory.

CSV is UTF-8 with a mark at its beginning, so that spreadsheets read accents. They also take a text
that begins with one of = + - @, a tab or a line break for a formula, and run it; texts of strangers
must not do that, so such a text gets an apostrophe before it, which spreadsheets show as text. All
texts are in quotes, inside which quotes are doubled. Lists are joined with "; ". Parquet keeps
texts and lists as they are, and each column's meaning.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from schemas.search import Format
from streams.listening.export_columns import COLUMNS
from streams.listening.hunt import Hunt

NAMES: Final = tuple(column.name for column in COLUMNS)
# Spreadsheets in Chinese and Japanese take the wide signs for the narrow ones. White space may
# stand before: some leave it out when they read.
FORMULA: Final = r"^[\s\x{00A0}\x{FEFF}]*[=+\-@＝＋－＠]|^[\t\r\n]"
SEPARATOR: Final = "; "
_TYPES: Final = {
    "published_at": pa.timestamp("ms", "UTC"),
    "followers": pa.uint64(),
    "intent_latent": pa.float32(),
    "intent_active": pa.float32(),
    "stage_probability": pa.float32(),
    "needs_reply": pa.uint8(),
    "spam": pa.float32(),
    **dict.fromkeys(("likes", "reposts", "replies", "views"), pa.uint64()),
    **dict.fromkeys(("brands", "topics", "campaigns", "intent_words"), pa.list_(pa.string())),
}
SCHEMA: Final = pa.schema(
    [
        pa.field(
            column.name,
            _TYPES.get(column.name, pa.string()),
            metadata={"description": column.en, "description_es": column.es},
        )
        for column in COLUMNS
    ]
)


async def written(hunt: Hunt, form: Format, max_rows: int) -> AsyncIterator[bytes]:
    """The whole file in pieces; the newest `max_rows` rows where more are found."""
    file = _Csv() if form == "csv" else _Parquet()
    yield file.beginning()
    left = max_rows
    async for look in hunt.looks(NAMES):
        rows = look.found.select(NAMES).slice(0, left)
        left -= rows.num_rows
        if rows.num_rows:
            yield await asyncio.to_thread(file.piece, rows.cast(SCHEMA))
        if left == 0:
            break
    yield file.end(is_cut=left == 0)


class _Csv:
    def beginning(self) -> bytes:
        return b"\xef\xbb\xbf" + ",".join(f'"{name}"' for name in NAMES).encode() + b"\r\n"

    def piece(self, rows: pa.Table) -> bytes:
        flat = pa.table({name: _for_spreadsheets(rows[name]) for name in NAMES})
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(flat, sink, _CSV)
        return bytes(sink.getvalue().to_pybytes())

    def end(self, *, is_cut: bool) -> bytes:
        return b""


class _Parquet:
    """A writer whose bytes are taken away as they come; Parquet's index stands at the end."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._sink, mode="w"), SCHEMA, compression="zstd"
        )

    def beginning(self) -> bytes:
        return self._sink.taken()

    def piece(self, rows: pa.Table) -> bytes:
        self._writer.write_table(rows)
        return self._sink.taken()

    def end(self, *, is_cut: bool) -> bytes:
        # Whoever reads the file can tell whether it is all there was.
        self._writer.add_key_value_metadata({"escucha.cut_at_row_limit": str(is_cut).lower()})
        self._writer.close()
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """A file of which nothing is kept."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._at += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _for_spreadsheets(column: Any) -> Any:  # of any type; pyarrow's stubs want to know which
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, SEPARATOR)
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, "%Y-%m-%d %H:%M:%S")
    if not pa.types.is_string(column.type):
        return column
    risky = pc.match_substring_regex(column, FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


_options: Any = pyarrow.csv.WriteOptions  # the stubs do not know `eol`
_CSV: Final = _options(include_header=False, eol="\r\n")
