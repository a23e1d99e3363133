"""`escucha listen SOURCE`: a network into Kafka, until told to stop.

A source is one module here and one entry in SOURCES. The module has

    OPTIONS: Sequence[click.Parameter]       the source's own options; never a key
    def from_options(**values) -> Source     the source; keys come from `secrets`
"""

import asyncio
import importlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from streams.local import local_settings
from streams.producers.base import EventWriter
from streams.producers.live import resume
from streams.producers.live.progress import (
    LINE_EVERY_SEC,
    QUIET_LINE_EVERY_SEC,
    ListenLines,
    ListenOptions,
    ListenSummary,
)
from streams.producers.live.runner import run_source
from streams.producers.live.source import Source

RECORDS_IN_FLIGHT = 20_000
DELIVERY_TIMEOUT_SEC = 300.0  # a listener can wait; the source waits with it


class Entry(msgspec.Struct, frozen=True):
    """Where a source lives, and what it is in a line."""

    module: str
    summary: str
    whole_network: bool = False  # sends so much that a newcomer has to know what is stored of it


SOURCES: dict[str, Entry] = {
    "bluesky": Entry(
        "streams.producers.live.bluesky",
        "Posts, likes, reposts and follows of all of Bluesky; no key needed.",
        whole_network=True,
    ),
    "mastodon": Entry(
        "streams.producers.live.mastodon", "Public posts of a Mastodon instance, by stream or tag."
    ),
    "reddit": Entry(
        "streams.producers.live.reddit", "Submissions and comments of subreddits; wants a key."
    ),
    "rss": Entry("streams.producers.live.rss", "RSS and Atom feeds: blogs, news, reviews."),
    "youtube": Entry("streams.producers.live.youtube", "Comments below videos; wants a key."),
    "x": Entry("streams.producers.live.x", "X by filtered stream or recent search; wants a key."),
}

_COMMON: tuple[click.Parameter, ...] = (
    click.Option(
        ["--checkpoint"],
        type=click.Path(path_type=Path),
        help="Where to remember how far it is delivered.  [default: in the run directory]",
    ),
    click.Option(
        ["--restart"], is_flag=True, help="Begin with what the source offers now, not where it was."
    ),
    click.Option(
        ["--resume-anyway"],
        is_flag=True,
        help="Go on where it was, though the topic has lost what came before.",
    ),
    click.Option(
        ["--limit"], type=click.IntRange(min=1), help="End after about so many events, for a try."
    ),
    click.Option(
        ["--heartbeat-sec"],
        type=click.FloatRange(min=0),
        default=5.0,
        show_default=True,
        help="Send a sign of life this often while the source shows one; 0 for none.",
    ),
)
_COMMON_NAMES = tuple(str(option.name) for option in _COMMON)


class _Sources(click.Group):
    """One command per source; a source's module is imported when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SOURCES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = SOURCES.get(cmd_name)
        return None if entry is None else _command(cmd_name, entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Sources"):
            formatter.write_dl([(name, entry.summary) for name, entry in SOURCES.items()])


@click.group("listen", cls=_Sources, invoke_without_command=True, subcommand_metavar="SOURCE …")
@click.option("--list", "list_sources", is_flag=True, help="Show the sources as JSON.")
@click.pass_context
def listen_command(context: click.Context, list_sources: bool) -> None:
    """Listen to a network and send what is said to Kafka, until stopped.

    A run that was stopped, even by kill -9, goes on where Kafka last confirmed. What cannot
    become an event is kept beside the checkpoint with its reason. While the source is silent
    longer than it should be, no heartbeats are sent, which raises the alarm. Prints a JSON
    summary. Keys come from the environment: ESCUCHA_<SOURCE>_<KEY>, or …_FILE with a path.

    \b
    Examples:
      escucha listen bluesky
      escucha listen bluesky --limit 1000
      escucha listen mastodon --help
    """
    if list_sources:
        click.echo(msgspec.json.encode({name: it.summary for name, it in SOURCES.items()}).decode())
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


def _command(name: str, entry: Entry) -> click.Command:
    module = importlib.import_module(entry.module)
    own: Sequence[click.Parameter] = module.OPTIONS

    def run(**values: Any) -> None:
        common = {option: values.pop(option) for option in _COMMON_NAMES}
        listen_to(module.from_options(**values), **common)

    return click.Command(
        name,
        params=[*own, *_COMMON],
        callback=run,
        help=module.__doc__,
        short_help=entry.summary,
        context_settings={"max_content_width": 100},
    )


def _what_is_kept(source: Source) -> list[str]:
    entry = SOURCES.get(source.name)
    if entry is None or not entry.whole_network or source.scope:  # a scope is a part of it
        return []
    return [
        f"of this whole network workers store what `keep: {{{source.name}: …}}` of the rules in"
        " force says:",
        "  matched     what a brand, topic or campaign of yours matches; so do the bundled rules",
        "  everything  all of it, millions of rows a day",
        "escucha rules show prints the rules in force, escucha rules apply FILE changes them",
    ]


def listen_to(
    source: Source,
    *,
    checkpoint: Path | None,
    restart: bool,
    resume_anyway: bool,
    limit: int | None,
    heartbeat_sec: float,
) -> None:
    """Run `source` into the topic of mentions until a signal; print the summary and exit."""
    settings = local_settings()
    topic = settings.mentions_topic
    path = checkpoint or resume.default_path(settings.run_dir, source.name, source.scope, topic)
    observer = ListenLines(LINE_EVERY_SEC if sys.stderr.isatty() else QUIET_LINE_EVERY_SEC)
    writer = EventWriter.connect(
        settings.kafka,
        topic,
        client_id=f"escucha-listen-{source.name}",
        records_in_flight=RECORDS_IN_FLIGHT,
        delivery_timeout_sec=DELIVERY_TIMEOUT_SEC,
    )
    observer.plan(
        [
            f"listening to {source.name} {source.scope}".rstrip(),
            f"into topic {topic}",
            *_what_is_kept(source),
        ]
    )
    options = ListenOptions(
        restart=restart, resume_anyway=resume_anyway, limit=limit, heartbeat_sec=heartbeat_sec
    )
    received: list[int] = []

    async def run() -> ListenSummary:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def on_signal(number: int) -> None:
            if received:  # the second one ends at once
                sys.exit(128 + number)
            received.append(number)
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal, number)
        return await run_source(
            source, writer, checkpoint_path=path, options=options, stop=stop, observer=observer
        )

    summary = asyncio.run(run())
    click.echo(msgspec.json.encode(summary).decode())
    if received:
        click.echo("stopped; the same command goes on from here", err=True)
        sys.exit(128 + received[0])
