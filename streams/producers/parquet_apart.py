"""Reads a Parquet file in a process of its own, whose memory is bounded.

A few kilobytes of Parquet can stand for more than any machine has: pages that unpack to gigabytes,
one long text that a thousand rows refer to, lists of a billion nothings. Neither the file's own
figures nor pyarrow can be held to a limit, so the operating system is: this process may take
`most_bytes` more than it began with, and what it hands on is cut into pieces that a Python program
can hold. It is forked from a server that has pyarrow loaded already, which takes milliseconds.
"""

import json
import multiprocessing
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MOST_BYTES: Final = 512 * 1024 * 1024
MOST_PIECE_BYTES: Final = 4 * 1024 * 1024  # as Python objects; one row may have no more, either
MOST_MESSAGE_BYTES: Final = 64 * 1024 * 1024
BATCH_ROWS: Final = 256  # so that rows as large as they may be still fit
BUFFER_BYTES: Final = 1024 * 1024
_OBJECT_BYTES: Final = 32  # of a value in Python, beside what it holds
_ERROR_CHARS: Final = 500
_VARYING: Final = (
    pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary,
)  # fmt: skip

HEAD, PIECE, TOO_LARGE, END = b"H", b"P", b"L", b"."
DAMAGED, OUT_OF_MEMORY = b"D", b"M"
_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, UnicodeError, NotImplementedError)


def begin(path: Path, most_bytes: int) -> tuple[ForkServerProcess, Connection]:
    """Start to read; what is read comes as messages, each a letter and its content."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe(duplex=False)
    # A daemon: whoever ends without closing the reader takes it along.
    process = context.Process(target=_serve, args=(theirs, str(path), most_bytes), daemon=True)
    process.start()
    theirs.close()  # else its end would not be seen here
    return process, ours


def _serve(pipe: Connection, path: str, most_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this, who ends it
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody wants to know any more
        try:
            _bound_memory(most_bytes)
            with pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
                names = file.schema_arrow.names
                _tell(pipe, HEAD, {"columns": names, "rows": file.metadata.num_rows})
                for message in _messages(file, len(names)):
                    pipe.send_bytes(message)
                pipe.send_bytes(END)
        except MemoryError:
            _tell(pipe, OUT_OF_MEMORY, "")
        except _BROKEN as error:
            _tell(pipe, DAMAGED, str(error)[:_ERROR_CHARS])


def _tell(pipe: Connection, letter: bytes, what: object) -> None:
    pipe.send_bytes(letter + json.dumps(what).encode())


def _bound_memory(most_bytes: int) -> None:
    """From here on no more than so many bytes beyond what there is; where the system can."""
    taken = 0
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmData:"):
                taken = int(line.split()[1]) * 1024
    which = resource.RLIMIT_DATA if taken else resource.RLIMIT_AS
    _, most = resource.getrlimit(which)
    wanted = taken + most_bytes
    if most == resource.RLIM_INFINITY or most > wanted:
        with suppress(ValueError):  # macOS takes no limit below what it has mapped already
            resource.setrlimit(which, (wanted, wanted))


def _messages(file: pq.ParquetFile, columns: int) -> Iterator[bytes]:
    # Pages are unpacked column by column, so a table with very many of them is read in few rows.
    rows = max(1, min(BATCH_ROWS, MOST_PIECE_BYTES // _OBJECT_BYTES // max(columns, 1)))
    for batch in file.iter_batches(batch_size=rows, use_threads=False):
        for piece in _pieces(_plain(batch)):
            if isinstance(piece, int):
                yield TOO_LARGE + str(piece).encode()
                continue
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, piece.schema) as stream:
                stream.write_batch(piece)
            content = sink.getvalue()
            if content.size > MOST_MESSAGE_BYTES:
                raise MemoryError
            yield PIECE + content.to_pybytes()


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same without columns whose rows share their values: each piece would carry them all."""
    columns: list[Any] = []
    fields = []
    column: Any
    for column, field in zip(batch.columns, batch.schema, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_string_view(column.type):
            column = column.cast(pa.large_string())
        elif pa.types.is_binary_view(column.type):
            column = column.cast(pa.large_binary())
        columns.append(column)
        fields.append(pa.field(field.name, column.type))
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch | int]:
    """The rows in pieces that can be held; a row that cannot, by its weight alone."""
    waiting = [batch]
    while waiting:
        piece = waiting.pop()
        weighs = sum(map(_weight, piece.columns))
        if weighs <= MOST_PIECE_BYTES:
            yield piece
        elif piece.num_rows == 1:
            yield weighs
        else:
            half = piece.num_rows // 2
            waiting += [piece.slice(half), piece.slice(0, half)]


def _weight(array: Any) -> int:
    """About how many bytes an array takes as Python objects, where each row has its own values."""
    kind, own = array.type, _OBJECT_BYTES * len(array)
    if isinstance(array, pa.ExtensionArray):
        return _weight(array.storage)
    if pa.types.is_dictionary(kind):
        return _weight(array.dictionary_decode())
    if pa.types.is_struct(kind):
        return own + sum(_weight(array.field(number)) for number in range(kind.num_fields))
    if pa.types.is_map(kind):
        start, length = _span(array)
        return own + sum(_weight(each.slice(start, length)) for each in (array.keys, array.items))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return own + _weight(array.values.slice(*_span(array)))
    if pa.types.is_nested(kind):  # lists of other forms
        return own + _weight(array.flatten())
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        array = array.cast(pa.large_binary())
    if any(is_it(array.type) for is_it in _VARYING):
        return own + int(pc.sum(pc.binary_length(array)).as_py() or 0)
    return own + int(array.nbytes)


def _span(array: Any) -> tuple[int, int]:
    """Where the values of a list array begin, and how many there are."""
    offsets = array.offsets
    start = offsets[0].as_py()
    return start, offsets[len(offsets) - 1].as_py() - start
