"""Small Parquet files that stand for more than there is: refused in words, in bounded memory."""

import os
import signal
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streams.errors import InputError
from streams.producers import parquet_apart
from streams.producers.parquet_reader import ParquetReader
from streams.producers.readers import Unreadable
from streams.signals.emerging.tables import arrivals
from tests.unit.producers.helpers import Ingestion, tweet

MIB = 1024 * 1024
LIMIT = 24 * MIB

bounds_memory = pytest.mark.skipif(
    sys.platform == "darwin",
    reason="macOS takes no limit of a process's memory: nothing is refused",
)


def one_page(path: Path) -> None:
    """A text of zeros: its page says, truly, that it unpacks to 48 MiB."""
    pq.write_table(pa.table({"text": ["\0" * 48 * MIB]}), path, compression="zstd")


def one_text_for_all(path: Path) -> None:
    """A dictionary of one text, to which 4,000 rows refer: 4 GB in all."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 4_000, pa.int32()), ["x" * MIB])
    pq.write_table(pa.table({"text": texts}), path, compression="zstd", store_schema=False)


def one_beginning_for_all(path: Path) -> None:
    """Each text but the first is told as "the one before, and a letter more"."""
    texts = ["x" * (MIB + number) for number in range(64)]
    pq.write_table(
        pa.table({"text": texts}), path, compression="zstd", use_dictionary=False,
        column_encoding={"text": "DELTA_BYTE_ARRAY"},
    )  # fmt: skip


def endless_list(path: Path) -> None:
    """A row with a list of ten million nothings, which are told by their number."""
    nothings = pa.ListArray.from_arrays(
        pa.array([0, 10_000_000], pa.int32()), pa.nulls(10_000_000, pa.int32())
    )
    pq.write_table(pa.table({"text": nothings}), path, compression="zstd")


@bounds_memory
@pytest.mark.parametrize("make", [one_page, one_text_for_all, one_beginning_for_all, endless_list])
def test_what_unpacks_beyond_the_limit_is_refused(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "bomb.parquet"
    make(path)
    assert path.stat().st_size < 20_000
    with (
        closing(ParquetReader(path, LIMIT)) as reader,
        pytest.raises(InputError, match=r"bomb\.parquet, after row 0: more than 24 MiB are needed"),
    ):
        list(reader.rows())


@bounds_memory
def test_a_bomb_ends_an_ingestion_in_words_and_rows_before_it_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As `escucha ingest` reads it; less room, so that the test takes less of the machine's.
    monkeypatch.setattr(ParquetReader.__init__, "__defaults__", (LIMIT,))
    good = pa.Table.from_pylist([tweet(number) for number in range(1_000)])
    bad = pa.Table.from_pylist([tweet(1_000, text="\0" * 48 * MIB)])
    path = tmp_path / "a.parquet"
    with pq.ParquetWriter(path, good.schema, compression="zstd") as writer:
        writer.write_table(good)
        writer.write_table(bad)
    ingestion = Ingestion(tmp_path / "run")

    before = 1_000 // parquet_apart.BATCH_ROWS * parquet_apart.BATCH_ROWS
    with pytest.raises(InputError, match=f"after row {before}: more than 24 MiB"):
        ingestion.run(path)

    assert len(ingestion.kafka.delivered) == before


def test_rows_too_large_for_the_program_are_kept_aside_and_others_go_on(tmp_path: Path) -> None:
    most = parquet_apart.MOST_PIECE_BYTES
    texts = ["first", "x" * (most + 1), "y" * (most - 1_000), "last"]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([tweet(n, text=t) for n, t in enumerate(texts)]), path)
    ingestion = Ingestion(tmp_path / "run")

    summary = ingestion.run(path)

    assert (summary.read, summary.delivered + summary.rejected) == (4, 4)
    assert [event["text"] for event in ingestion.events()][:1] == ["first"]
    assert ingestion.events()[-1]["text"] == "last"
    [rejected] = [one for one in ingestion.rejected() if one["row"] == 2]
    assert rejected["reason"].startswith(f"the row is over {most} bytes large")


def shared(texts: int) -> pa.Array:
    """Lists that refer to one text of 1 MiB, so often each."""
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 4 * texts, pa.int32()), ["x" * MIB])
    return pa.ListArray.from_arrays(pa.array(range(0, 4 * texts + 1, texts), pa.int32()), values)


@pytest.mark.parametrize(
    ("column", "pieces"),
    [
        (pa.array(["x" * MIB] * 8), [3, 3, 2]),
        (shared(2), [1, 1, 1, 1]),
        (shared(9), ["large"] * 4),
        (pa.array([{"a": "x" * 3 * MIB}] * 2), [1, 1]),
        (pa.array([{"a": ["x" * 5 * MIB]}, {"a": []}]), ["large", 1]),
        (pa.array([[("k", "x" * 5 * MIB)], []], pa.map_(pa.string(), pa.string())), ["large", 1]),
        (pa.nulls(300_000), [75_000] * 4),
        (pa.array(["x" * 5 * MIB, "y"], pa.string_view()), ["large", 1]),
        (pa.array([b"x" * 16] * 3, pa.binary(16)), [3]),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)), [2]),
    ],
)
def test_pieces_are_as_large_as_a_program_can_hold(column: pa.Array, pieces: list[object]) -> None:
    batch = pa.RecordBatch.from_arrays([column], names=["a"])
    found = list(parquet_apart._pieces(parquet_apart._plain(batch)))
    told = ["large" if isinstance(one, int) else one.num_rows for one in found]
    if pieces == [3, 3, 2]:  # halves: the exact cut does not matter
        assert sum(told) == 8
        assert max(told) < 4
    else:
        assert told == pieces


def test_values_that_python_cannot_hold_cost_their_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    at = pa.array([0, 2**62, 1], pa.timestamp("us", "UTC"))
    text = pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"),
        pa.py_buffer(b"a\xffb")],
    )  # fmt: skip
    pq.write_table(pa.table({"at": at, "text": text}), path)
    with closing(ParquetReader(path)) as reader:
        rows = [row for _, row in reader.rows()]
    assert rows[0] == (datetime(1970, 1, 1, tzinfo=UTC), "a")
    assert isinstance(rows[1], Unreadable)
    assert rows[1].reason.startswith("a value cannot be read")
    assert rows[2] == (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "b")


def test_a_system_that_takes_no_limit_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_which: int, _limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")  # as macOS has it

    monkeypatch.setattr(parquet_apart.resource, "setrlimit", refused)
    parquet_apart._bound_memory(LIMIT)


def test_a_reader_that_dies_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": range(1_000_000)}), path)
    with closing(ParquetReader(path)) as reader:
        assert reader._process.pid is not None
        os.kill(reader._process.pid, signal.SIGKILL)
        with pytest.raises(InputError, match="MiB are needed"):
            list(reader.rows())


def test_tables_of_a_backtest_are_read_with_the_same_care(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(
        pa.table({"at": ["2026-07-04T10:00:00Z"] * 2, "text": ["a", "x" * 5 * MIB]}), path
    )
    with pytest.raises(InputError, match=r"bomb\.parquet, row 2: the row is over \d+ bytes large"):
        list(arrivals(path))
