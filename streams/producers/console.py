"""Tells a person at a terminal, or a log file, how an ingestion goes."""

import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from streams.producers.options import Observer, Progress

LINE_EVERY_SEC = 10.0


class LineObserver(Observer):
    """Plain lines on standard error, one every ten seconds at most."""

    def __init__(self, monotonic_sec: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic_sec
        self._next = monotonic_sec() + LINE_EVERY_SEC

    def plan(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            click.echo(f"  {line}" if number else line, err=True)

    def progress(self, progress: Progress) -> None:
        if self._now() >= self._next:
            self._next = self._now() + LINE_EVERY_SEC
            click.echo(describe(progress), err=True)

    def note(self, text: str) -> None:
        click.echo(text, err=True)


class BarObserver(LineObserver):
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        super().__init__()
        columns = (
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task: TaskID | None = None

    def progress(self, progress: Progress) -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0)
        self._bar.update(
            self._task, completed=progress.fraction, description=describe(progress, percent=False)
        )

    def note(self, text: str) -> None:
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        self._bar.stop()


def describe(progress: Progress, *, percent: bool = True) -> str:
    """One line: how many rows, how fast, how long still."""
    rate = progress.read / max(progress.seconds, 1e-9)
    parts = [
        f"{progress.fraction:.0%} of the file" if percent else "",
        f"{progress.delivered} delivered",
        f"{progress.rejected} rejected",
        f"{rate:.0f} rows/s",
    ]
    if 0.001 < progress.fraction < 1:
        left_sec = progress.seconds * (1 - progress.fraction) / progress.fraction
        parts.append(f"about {_span(left_sec)} to go")
    return ", ".join(part for part in parts if part)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
