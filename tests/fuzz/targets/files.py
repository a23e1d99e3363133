"""Files that people ingest: CSV, JSON lines, Parquet, gzip of them, and the mapping beside them."""

import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from streams.errors import EscuchaError
from streams.producers.mapping import from_yaml
from streams.steps.business import KindName
from tests.fuzz.engine import Target
from tests.fuzz.outcomes import refused
from tests.unit.producers.helpers import Ingestion, tweet

ORDERS = (
    b"order_id,author_id,ordered_at,amount,currency,items\n"
    b'o-1,ana,2026-07-04T10:00:00Z,"1.234,50",EUR,2\no-2,bea,2026-07-04 11:00,19.90,USD,\n'
)
MAPPINGS = (
    b"map:\n  text: body\n  author_id: who\n  mention_id: id\nset:\n  source: forum\n"
    b"timezone: Europe/Madrid\ntime_format: '%d/%m/%Y'\n",
    b"map: {text: body}\nset: {lang: es}\n",
    b"map: &a {text: [b]}\nset: *a\n",
    b"a: [[[[{b: c}]]]]",
)


def ingesting(name: str, kind: KindName | None = None) -> Callable[..., object]:
    """Ingestions of a file of that name; each row is delivered or kept as rejected."""

    @contextmanager
    def opened() -> Iterator[Callable[[bytes], str]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name

            def run(content: bytes) -> str:
                path.write_bytes(content)
                with tempfile.TemporaryDirectory(dir=folder) as run_dir:
                    ingestion = Ingestion(Path(run_dir))
                    try:
                        summary = ingestion.run(path, kind=kind)
                    except EscuchaError as error:
                        return refused(error)
                    assert summary.finished
                    assert summary.read == summary.delivered + summary.rejected
                    assert len(ingestion.kafka.delivered) == summary.delivered
                    assert len(ingestion.rejected()) == summary.rejected
                    return f"{min(summary.delivered, 3)} rows, {min(summary.rejected, 3)} rejected"

            yield run

    return opened


@contextmanager
def mapping() -> Iterator[Callable[[bytes], str]]:
    """The mapping of columns in YAML."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mapping.yaml"

        def run(content: bytes) -> str:
            path.write_bytes(content)
            try:
                request = from_yaml(path)
            except EscuchaError as error:
                return refused(error)
            return f"{sorted(request.columns)[:2]}, {sorted(request.constants)[:2]}"

        yield run


def csv_seeds() -> Sequence[bytes]:
    """Tables with commas, semicolons, tabs, quotes, and in other encodings."""
    head = "tweet_id,author,created_at,text\n"
    rows = [",".join(str(value) for value in tweet(number).values()) for number in range(6)]
    text = head + "\n".join(rows) + '\n7,"Ana, Bea",2026-07-04T10:00:00Z,"dijo ""sí""\ny más"\n'
    plain = text.encode()
    return [
        plain, plain.replace(b",", b";"), plain.replace(b",", b"\t"), text.encode("utf-16"),
        text.encode("cp1252"), b"\xef\xbb\xbf" + plain, plain.replace(b"\n", b"\r\n"),
        gzip.compress(plain),
    ]  # fmt: skip


def jsonl_seeds() -> Sequence[bytes]:
    """Rows of a table, events, and a story."""
    rows = [json.dumps(tweet(number)) for number in range(5)]
    event = {
        "type": "mention", "mention_id": "csv:1", "source": "csv", "author": {"id": "a"},
        "text": "hola", "published_at": "2026-07-04T10:00:00Z",
    }  # fmt: skip
    story = {**event, "published_at": None, "at": "+5s"}
    return ["\n".join(rows).encode(), f"{json.dumps(event)}\n{json.dumps(story)}\n".encode(),
            json.dumps([event]).encode(), gzip.compress("\n".join(rows).encode())]  # fmt: skip


def parquet_seeds() -> Sequence[bytes]:
    """Tables of several types."""
    found = []
    rows = [tweet(number) for number in range(4)]
    for table, packed in (
        (pa.Table.from_pylist(rows), "snappy"),
        (pa.Table.from_pylist(rows).append_column(
            "when", pa.array([0, 1, 2, 2**62], pa.timestamp("ns", "UTC"))), "zstd"),
        (pa.Table.from_pylist([{**row, "tags": ["a"], "of": {"b": 1.5}} for row in rows]), "gzip"),
    ):  # fmt: skip
        out = io.BytesIO()
        pq.write_table(table, out, compression=packed)
        found.append(out.getvalue())
    return found


def _as_is(*contents: bytes) -> Callable[[], Sequence[bytes]]:
    return lambda: contents


_WORDS = (b"tweet_id", b"author", b"created_at", b"text", b"lang", b"1/2/2026", b"1.234,5", b"EUR")
TARGETS = (
    Target(name="csv", what="a CSV file into Kafka", seeds=csv_seeds, open=ingesting("a.csv"),
           shape="text", words=_WORDS),
    Target(name="orders-csv", what="a CSV file of orders into Kafka", seeds=_as_is(ORDERS),
           open=ingesting("a.csv", "orders"), shape="text", words=_WORDS),
    Target(name="jsonl", what="a file of JSON lines into Kafka", seeds=jsonl_seeds,
           open=ingesting("a.jsonl"), shape="lines", words=_WORDS),
    Target(name="parquet", what="a Parquet file into Kafka", seeds=parquet_seeds,
           open=ingesting("a.parquet"), shape="bytes"),
    Target(name="mapping", what="a mapping of columns in YAML", seeds=_as_is(*MAPPINGS),
           open=mapping, shape="text", words=(b"map:", b"set:", b"text:", b"source: x", b"<<: *a")),
)  # fmt: skip
