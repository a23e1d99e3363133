"""`make demo`: a whole stack, a story in it, its figures computed, and then a live stream."""

import asyncio
import json
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import click

from deploy.local import control
from deploy.local.config import StackConfig
from deploy.local.environment import stack_environment
from deploy.local.errors import AlreadyRunningError
from streams import clock
from streams.accounts.link import address
from streams.migrate import connect
from streams.producers.console import BarObserver, LineObserver
from streams.producers.files import ingest
from streams.producers.mapping import MappingRequest
from streams.producers.options import IngestOptions, Observer
from streams.producers.pacing import Speed
from streams.producers.story import edition_of
from streams.settings import Settings
from streams.steps.business import KindName
from streams.upkeep import value
from streams.upkeep.account_links import link
from streams.upkeep.kept import renew
from streams.upkeep.listened import note_rules

STORY = Path(control.__file__).with_name("story")
INVENTED = MappingRequest(constants={"source": "demo"})  # nobody shall take it for real
HISTORY_ENDS_BEFORE = timedelta(minutes=2)
BUSINESS: tuple[KindName, ...] = ("orders", "gestures", "labels")
STORED_WITHIN_SEC = 120.0
BUYS_WITHIN_DAYS = 14
_LOOK_EVERY_SEC = 0.3
_STORED = """
SELECT
    (SELECT uniqExact(mention_id) FROM mentions WHERE position(mention_id, {edition:String}) > 0)
    + (SELECT uniqExact(interaction_id) FROM interactions
        WHERE position(interaction_id, {edition:String}) > 0)
    + (SELECT uniqExact(order_id) FROM orders WHERE startsWith(order_id, 'story-'))
    + (SELECT uniqExact(gesture_id) FROM gestures WHERE startsWith(gesture_id, 'story-'))
    + (SELECT uniqExact(mention_id, labeller) FROM labels
        WHERE position(mention_id, {edition:String}) > 0)
"""


def run(config: StackConfig, *, file: Path | None, pace: float, browser: bool) -> int:
    """Start, stream, wait for Ctrl-C, stop; returns the exit code."""
    stop = _Stop()
    say("Starting broker, ClickHouse, worker and console…")
    is_ours = True
    try:
        control.up(config, detach=True, say=say, give_up=stop.is_set)
        if stop.is_set():
            return 0
        _tell(config)
        if browser:
            # Others on this machine may see a browser's arguments: the token is good once, and
            # the browser uses it at once.
            open_window(address(config.run_dir, _page(config)))
        settings = Settings.from_environment(stack_environment(config.run_dir))
        if file is not None:
            say(f"Streaming your file {file}; Ctrl-C stops everything.")
            _send(IngestOptions(file=file, restart=True), settings, stop, _bar())
        else:
            _Telling(settings, pace, stop).tell()
        if not stop.is_set():
            say(f"All sent. The page stays up: {_page(config)}   Ctrl-C stops everything.")
        stop.wait()
    except AlreadyRunningError:
        is_ours = False  # somebody works with it
        raise
    finally:
        if is_ours:
            say("Stopping…")
            control.down(config.run_dir, say=say)
    return 0


class _Stop(threading.Event):
    """Set by Ctrl-C, by `kill`, and when the terminal is closed."""

    def __init__(self) -> None:
        super().__init__()
        self._at_once = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.set()
        if self._at_once:
            raise KeyboardInterrupt

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What runs in here never looks whether it is to stop: it is broken off."""
        self._at_once = not self.is_set()
        try:
            yield
        except KeyboardInterrupt:
            pass  # told by is_set()
        finally:
            self._at_once = False


class _Telling:
    """The bundled story: what happened so far at once, then what happens now as it happens."""

    def __init__(self, settings: Settings, pace: float, stop: _Stop) -> None:
        self._settings = settings
        self._pace = pace
        self._stop = stop
        self._folder = settings.run_dir / "demo"

    def tell(self) -> None:
        """Send all of it; returns early when told to stop."""
        say("Streaming a bundled story (invented people and brands); Ctrl-C stops everything.")
        self._folder.mkdir(parents=True, exist_ok=True)
        start = self._start()
        say("1 of 3  What was said, done, bought and given in the last month…")
        sent = self._history(start)
        if self._stop.is_set():
            return
        say(f"        {sent} events sent. 2 of 3  Computing value, journeys, care and chances…")
        with self._stop.at_once():
            self._compute(start, sent)
        if self._stop.is_set():
            return
        minutes = _last_minute(STORY / "live.jsonl") / self._pace
        say(f"        Every dashboard has its figures now. 3 of 3  Live for {minutes:.1f} minutes:")
        say("        half a minute in, people begin to ask for one product. Watch the first page.")
        self._live()

    def _start(self) -> datetime:
        """When the story began: told again in the same folder, it is the same story.

        Otherwise everybody would have bought everything once more.
        """
        kept = self._folder / "start.txt"
        if kept.is_file():
            start = datetime.fromisoformat(kept.read_text(encoding="ascii"))
            say(f"        It began {start:%Y-%m-%d}, when it was first told in this folder.")
            return start
        length = timedelta(minutes=_last_minute(STORY / "mentions.jsonl"))
        start = clock.now().replace(microsecond=0) - HISTORY_ENDS_BEFORE - length
        kept.write_text(start.isoformat(), encoding="ascii")
        return start

    def _history(self, start: datetime) -> int:
        sent = 0
        for name in ("mentions", "reactions"):
            sent += self._ingest(
                IngestOptions(file=STORY / f"{name}.jsonl", story_start=start, mapping=INVENTED)
            )
        for kind in BUSINESS:
            dated = self._folder / f"{kind}.jsonl"
            with dated.open("w", encoding="utf-8") as out:
                for row in rows_of(STORY / f"{kind}.jsonl"):
                    out.write(json.dumps(_dated(row, kind, start), ensure_ascii=False) + "\n")
            sent += self._ingest(IngestOptions(file=dated, kind=kind))
        return sent

    def _compute(self, start: datetime, expected: int) -> None:
        """Wait until all is stored, then compute what upkeep would within minutes."""
        deadline = time.monotonic() + STORED_WITHIN_SEC
        with connect(self._settings, in_database=True) as client:
            told = {"edition": f":{edition_of(start)}-"}  # of whichever of the story's networks
            while client.query(_STORED, told).result_rows[0][0] < expected:
                if time.monotonic() > deadline:
                    say("        The worker takes its time (see escucha logs); figures follow.")
                    return
                if self._stop.wait(_LOOK_EVERY_SEC):
                    return
            note_rules(client)  # which accounts are whose
            for row in rows_of(STORY / "links.jsonl"):
                link(client, row["accounts"], row["by"])
            value.compute(client)
            asyncio.run(self._who_will_buy())
            renew(client, self._stop.is_set)

    async def _who_will_buy(self) -> None:
        """Reckon it as the commands do: of so few orders nothing is learnt, which the rows say."""
        # Loaded when it is time: the demo's first lines do not wait for scikit-learn.
        from models.propensity_store import PropensityStore
        from streams.modelling import propensity
        from streams.sinks.clickhouse import ClickHouse

        now = clock.now()
        store = PropensityStore(self._settings.model_store)
        async with ClickHouse(self._settings) as clickhouse:
            card = await propensity.learn(
                clickhouse, store, horizon_days=BUYS_WITHIN_DAYS, until=now, created_at=now
            )
            await propensity.score(clickhouse, card, store.load(card.version), at=now)

    def _live(self) -> None:
        paced = self._folder / "live.jsonl"
        with paced.open("w", encoding="utf-8") as out:
            for row in rows_of(STORY / "live.jsonl"):
                row["offset_minutes"] /= self._pace
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._ingest(
            IngestOptions(file=paced, story_start=clock.now(), speed=Speed(1.0), mapping=INVENTED),
            BarObserver() if sys.stderr.isatty() else Observer(),
        )

    def _ingest(self, options: IngestOptions, observer: Observer | None = None) -> int:
        if self._stop.is_set():
            return 0
        again = replace(options, restart=True)
        return _send(again, self._settings, self._stop, observer or Observer())


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The objects in a file of JSON lines."""
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _dated(row: dict[str, Any], kind: KindName, start: datetime) -> dict[str, Any]:
    """The row of an order, a gesture or a label at its time, under its name."""
    moment = (start + timedelta(minutes=row.pop("offset_minutes"))).isoformat()
    own_id = row.pop("id")
    match kind:
        case "orders":
            return {"order_id": own_id, "ordered_at": moment, **row}
        case "gestures":
            return {"gesture_id": own_id, "given_at": moment, **row}
    return {"mention_id": f"{_prefix(start)}{row.pop('mention')}", "labelled_at": moment, **row}


def _prefix(start: datetime) -> str:
    """What the ids of this telling begin with."""
    return f"demo:{edition_of(start)}-"


def _last_minute(file: Path) -> float:
    return max(float(row["offset_minutes"]) for row in rows_of(file))


def _send(
    options: IngestOptions, settings: Settings, stop: threading.Event, observer: Observer
) -> int:
    """Send one file; returns how many events Kafka has of it."""
    try:
        return ingest(options, settings, observer=observer, stop=stop.is_set).delivered
    finally:
        observer.close()


def _bar() -> Observer:
    return BarObserver() if sys.stderr.isatty() else LineObserver()


def open_window(page: str) -> None:
    """Open the page in a browser with windows, if there is one.

    Over SSH it may be lynx or w3m, which take the terminal and hold up whoever started them.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if isinstance(browser, webbrowser.GenericBrowser):
        has_windows = isinstance(browser, webbrowser.BackgroundBrowser)
    else:
        has_windows = getattr(browser, "background", True)  # elinks says no
    if has_windows:
        browser.open(page)


def _tell(config: StackConfig) -> None:
    page = _page(config)
    say("")
    if (opening := address(config.run_dir, page)) != page:
        say(f"  Open         {opening}")
        say("               good once; another one: escucha users link")
    say(f"  Dashboards   {page}   what is said, whom to answer, who will buy, who is worth what")
    say(f"  Leads        {page}leads   who wants to buy, strongest and freshest first")
    say(f"  Care         {page}care   who waits for an answer, and until when")
    say(f"  Labels       {page}labels   where people teach the model")
    say(f"  Kafka        127.0.0.1:{config.broker_port}")
    say(f"  ClickHouse   http://127.0.0.1:{config.clickhouse_http_port}, passwords in")
    say(f"               {config.run_dir / 'secrets.env'}")
    say("  Logs         escucha logs -f")
    say("  The books    escucha reconcile")
    say("")


def _page(config: StackConfig) -> str:
    return f"http://127.0.0.1:{config.console_port}/"


def say(line: str) -> None:
    """One line for the person at the terminal; when it is closed, the stack still stops."""
    with suppress(OSError):
        click.echo(line, err=True)
