"""`make demo`: a whole stack, a story that streams through it, and a page that fills up."""

import signal
import sys
import threading
import webbrowser
from pathlib import Path

import click

from deploy.local import control
from deploy.local.config import StackConfig
from deploy.local.environment import stack_environment
from streams.producers.console import BarObserver, LineObserver
from streams.producers.files import ingest
from streams.producers.options import IngestOptions
from streams.settings import Settings

STORY = Path(control.__file__).with_name("story.jsonl")


def run(config: StackConfig, *, file: Path | None, rate: float, browser: bool) -> int:
    """Start, stream, wait for Ctrl-C, stop; returns the exit code."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    say("Starting broker, ClickHouse, worker and console…")
    try:
        status = control.up(config, detach=True, say=say)
        if status != 0 or stop.is_set():
            return status
        _tell(config, file)
        if browser:
            webbrowser.open(_page(config))
        _stream(config, file or STORY, rate, stop)
        if not stop.is_set():
            say(f"All sent. The page stays up: {_page(config)}   Ctrl-C stops everything.")
        stop.wait()
    finally:
        say("Stopping…")
        control.down(config.run_dir, say=say)
    return 0


def _tell(config: StackConfig, file: Path | None) -> None:
    what = f"your file {file}" if file else "a bundled story (invented people and brands)"
    say("")
    say(f"  Page         {_page(config)}")
    say(f"  Kafka        127.0.0.1:{config.broker_port}")
    say(f"  ClickHouse   http://127.0.0.1:{config.clickhouse_http_port}, passwords in")
    say(f"               {config.run_dir / 'secrets.env'}")
    say("  Logs         escucha logs -f")
    say("  The books    escucha reconcile")
    say("")
    say(f"Streaming {what}; Ctrl-C stops everything.")


def _stream(config: StackConfig, file: Path, rate: float, stop: threading.Event) -> None:
    settings = Settings.from_environment(stack_environment(config.run_dir))
    observer = BarObserver() if sys.stderr.isatty() else LineObserver()
    options = IngestOptions(file=file, rate=rate if file == STORY else None, restart=True)
    try:
        ingest(options, settings, observer=observer, stop=stop.is_set)
    finally:
        observer.close()


def _page(config: StackConfig) -> str:
    return f"http://127.0.0.1:{config.console_port}/"


def say(line: str) -> None:
    """One line for the person at the terminal."""
    click.echo(line, err=True)
