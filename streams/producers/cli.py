"""`escucha ingest`: a file's rows into Kafka."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import cast

import click
import msgspec

from streams.local import local_settings
from streams.producers.amounts import DecimalMark
from streams.producers.business_rows import VOCABULARIES
from streams.producers.columns import MENTIONS, TARGETS
from streams.producers.console import BarObserver, LineObserver
from streams.producers.files import ingest
from streams.producers.mapping import from_flags, from_yaml
from streams.producers.options import IngestOptions
from streams.producers.pacing import Speed
from streams.producers.readers import FileFormat, ReadOptions
from streams.producers.story import start_from
from streams.steps.business import KIND_NAMES, KindName

_EPILOG = f"""\b
Examples:
  escucha ingest tweets.csv
  escucha ingest tweets.jsonl.gz --map text=tweet_text --set source=airlines --set lang=en
  escucha ingest threads.parquet --mapping mapping.yaml --speed 60x
  escucha ingest events.jsonl --rate 500
  escucha ingest pedidos.csv --as orders --timezone Europe/Madrid --set currency=EUR

\b
A mapping file holds the same as the flags, and gives way to them:
  map: {{text: tweet_text, author: user}}
  set: {{source: airlines, lang: en}}
  timezone: Europe/Madrid

\b
Fields: {", ".join(TARGETS[:10])},
  {", ".join(TARGETS[10:])}.

\b
{
    "".join(
        f'''Fields with --as {name}:
  {", ".join(vocabulary.targets)}.
'''
        for name, vocabulary in VOCABULARIES.items()
    )
}"""


@click.command("ingest", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "kind",
    "--as",
    type=click.Choice(["mentions", *KIND_NAMES]),
    default="mentions",
    show_default=True,
    help="What the rows are.",
)
@click.option(
    "--decimal",
    type=click.Choice(["comma", "point"]),
    help="What stands before decimals.  [default: as each amount tells, refused where it does not]",
)
@click.option("maps", "--map", multiple=True, metavar="FIELD=COLUMN", help="Fill a field from it.")
@click.option("sets", "--set", multiple=True, metavar="FIELD=VALUE", help="The same in every row.")
@click.option("--mapping", type=click.Path(path_type=Path), help="A YAML file with map and set.")
@click.option("--timezone", help="Of times without an offset, as in Europe/Madrid.  [default: UTC]")
@click.option("--time-format", help="How times are written, as in '%d/%m/%Y %H:%M'.")
@click.option("--story-start", help="When a story with offset_minutes begins.  [default: ends now]")
@click.option(
    "--speed",
    default="max",
    show_default=True,
    metavar="max|original|Nx",
    help="Keep the rhythm of published_at, N times faster; wants a file sorted by time.",
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Events/s at most.")
@click.option(
    "file_format",
    "--format",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    help="Where the file's name does not tell.",
)
@click.option("--encoding", help="Of CSV and JSON lines.  [default: UTF-8 or its byte order mark]")
@click.option("--delimiter", help="Between CSV columns: one character, or tab.  [default: sniffed]")
@click.option("--quote", help="Around CSV values: one character, or none.")
@click.option("--escape", help="Before a quote inside a CSV value.")
@click.option("--columns", help="Column names, comma between, of a CSV file without a header.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="Where to remember how far the file is delivered.  [default: in the run directory]",
)
@click.option("--restart", is_flag=True, help="Begin at the first row, whatever was delivered.")
@click.option("--strict", is_flag=True, help="Stop at the first bad row.")
@click.option(
    "--heartbeat-sec",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="Send a sign of life this often; 0 for none.",
)
def ingest_command(
    file: Path,
    kind: str,
    decimal: str | None,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    mapping: Path | None,
    timezone: str | None,
    time_format: str | None,
    story_start: str | None,
    speed: str,
    rate: float | None,
    file_format: str | None,
    encoding: str | None,
    delimiter: str | None,
    quote: str | None,
    escape: str | None,
    columns: str | None,
    checkpoint: Path | None,
    restart: bool,
    strict: bool,
    heartbeat_sec: float,
) -> None:
    """Send the rows of FILE (CSV, JSON lines or Parquet; gzip too) to Kafka as events.

    Columns with usual names find their fields by themselves; the mapping used is printed. A run
    that was stopped, even by kill -9, goes on where Kafka last confirmed. Rows that cannot become
    events are kept beside the checkpoint with line and reason. Prints a JSON summary.
    """
    business = None if kind == "mentions" else cast(KindName, kind)
    vocabulary = MENTIONS if business is None else VOCABULARIES[business]
    request = from_flags(
        maps, sets, timezone=timezone, time_format=time_format, vocabulary=vocabulary
    )
    if mapping:
        request = request.over(from_yaml(mapping, vocabulary))
    options = IngestOptions(
        file=file,
        mapping=request,
        read=ReadOptions(
            format=cast(FileFormat | None, file_format),
            encoding=encoding,
            delimiter=delimiter,
            quote=quote,
            escape=escape,
            columns=tuple(name.strip() for name in columns.split(",")) if columns else (),
        ),
        kind=business,
        decimal=cast(DecimalMark | None, decimal),
        speed=Speed.parse(speed),
        rate=rate,
        story_start=start_from(story_start) if story_start else None,
        checkpoint=checkpoint,
        restart=restart,
        strict=strict,
        heartbeat_sec=heartbeat_sec,
    )
    observer = BarObserver() if sys.stderr.isatty() else LineObserver()
    with _signals() as received:
        try:
            summary = ingest(
                options, local_settings(), observer=observer, stop=lambda: bool(received)
            )
        finally:
            observer.close()
    click.echo(msgspec.json.encode(summary).decode())
    if received:
        click.echo("stopped; the same command goes on from here", err=True)
        sys.exit(128 + received[0])


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that arrived; the first asks to stop in good order, the second ends at once."""
    received: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        if received:
            sys.exit(128 + number)
        received.append(number)

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
