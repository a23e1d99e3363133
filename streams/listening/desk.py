"""Rules as the console edits them: checked, tried on stored mentions, put in force.

All of it takes processor time, so it runs in threads of its own, few at once: the page of somebody
else must not stand still meanwhile.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec

from schemas.rules import (
    Checked,
    Failed,
    Mistake,
    Previewed,
    Progress,
    Publication,
    Published,
    RuleSet,
    Trial,
)
from streams import clock
from streams.errors import EscuchaError, InputError
from streams.rules.errors import ListeningError
from streams.rules.loading import EXAMPLE, read_listening, with_interests
from streams.rules.spanish import in_both
from streams.settings import Settings

if TYPE_CHECKING:  # what computes is imported by whoever first asks for it
    from streams.rule_book import RuleVersion

T = TypeVar("T")
Tell = Callable[[Progress | Previewed | Failed], None]

NAME: Final = "rules"  # in messages, where a command has a file's name
PATIENCE_SEC: Final = 10.0
PREVIEW_SEC: Final = 120.0  # after which a preview tells what it has seen by then
PREVIEWS_AT_ONCE: Final = 2
CHECKS_AT_ONCE: Final = 2
EXAMPLES: Final = 3
MAX_MISTAKES: Final = 100


class RulesDesk:
    """Use as a context manager; connects when it is asked something."""

    def __init__(self, settings: Settings, *, preview_sec: float = PREVIEW_SEC) -> None:
        self._settings = replace(settings, sink_deadline_sec=PATIENCE_SEC)
        self._preview_sec = preview_sec
        self._previews = ThreadPoolExecutor(PREVIEWS_AT_ONCE, thread_name_prefix="rules-preview")
        self._checks = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="rules-check")
        self._free_previews = PREVIEWS_AT_ONCE
        self._closing = threading.Event()

    def bundled(self) -> str:
        """The YAML that holds until somebody publishes another; empty where it cannot be read."""
        path = self._settings.listening_file or EXAMPLE
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    async def check(self, listening: str) -> Checked:
        """Return every mistake, or what the rules are and what in them is seldom meant."""
        return await self._in(self._checks, lambda: checked(listening))

    async def preview(self, trial: Trial) -> AsyncGenerator[Progress | Previewed | Failed]:
        """Yield how far it has come, and at the end one `Previewed` or `Failed`.

        Whoever stops listening stops it.
        """
        if not self._free_previews:
            yield Failed("busy")
            return
        loop, told = asyncio.get_running_loop(), asyncio.Queue[Progress | Previewed | Failed]()
        stop = threading.Event()

        def tell(what: Progress | Previewed | Failed) -> None:
            loop.call_soon_threadsafe(told.put_nowait, what)

        self._free_previews -= 1
        try:
            ended = loop.run_in_executor(self._previews, self._preview, trial, tell, stop)
        except RuntimeError:  # it is being closed
            self._free_previews += 1
            yield Failed("away")
            return
        ended.add_done_callback(lambda _: self._release())
        try:
            while True:
                what = await told.get()
                yield what
                if not isinstance(what, Progress):
                    return
        finally:
            stop.set()

    async def publish(self, publication: Publication) -> Published:
        """Put rules in force, unless somebody else did since they were looked at."""

        async def work() -> Published:
            from streams import rule_book
            from streams.sinks.clickhouse import ClickHouse

            async with ClickHouse(self._settings) as clickhouse:
                try:
                    applied = await rule_book.apply(
                        clickhouse,
                        publication.listening,
                        name=NAME,
                        by=publication.made_by,
                        reason=publication.reason,
                        expected=publication.expected_sequence,
                    )
                except rule_book.OvertakenError as error:
                    return Published(fate="changed_meanwhile", in_force=_rule_set(error.theirs))
            new = applied.sequence > publication.expected_sequence
            return Published(fate="saved" if new else "unchanged", in_force=_rule_set(applied))

        try:
            return await self._in(self._checks, lambda: asyncio.run(work()))
        except ListeningError as error:
            return Published(fate="mistaken", mistakes=_mistakes(error))
        except EscuchaError as error:
            return Published(fate="away", reason=str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._previews.shutdown()
        self._checks.shutdown()

    def _release(self) -> None:
        self._free_previews += 1

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def _preview(self, trial: Trial, tell: Tell, stop: threading.Event) -> None:
        """Run in a thread, with a loop of its own: between two answers it computes for long."""
        try:
            asyncio.run(self._previewed(trial, tell, stop))
        except ListeningError:
            tell(Failed("mistaken"))
        except EscuchaError as error:
            tell(Failed("away", str(error)))
        except Exception:
            tell(Failed("internal"))
            raise

    async def _previewed(self, trial: Trial, tell: Tell, stop: threading.Event) -> None:
        from streams.app import make_rule_book
        from streams.listening import stored
        from streams.listening.examples import effects
        from streams.listening.preview import preview
        from streams.rules.compiled import compile_rules
        from streams.sinks.clickhouse import ClickHouse

        deadline = time.monotonic() + self._preview_sec
        after = compile_rules(read_listening(trial.listening, NAME, bundled_interests=True))
        until = clock.now()
        since = until - timedelta(days=trial.days)
        async with ClickHouse(self._settings) as clickhouse:
            total = await stored.count(clickhouse, since, until)
            tell(Progress(0, total))
            book = make_rule_book(self._settings, clickhouse)
            await book.refresh()
            found = await preview(
                clickhouse,
                book.current.rules,
                after,
                since=since,
                until=until,
                examples=EXAMPLES,
                progress=lambda done: tell(Progress(done, total)),
                goes_on=lambda: (
                    not (stop.is_set() or self._closing.is_set() or time.monotonic() > deadline)
                ),
            )
        tell(
            Previewed(
                version=after.version,
                mentions=found.mentions,
                total=total,
                whole=found.mentions >= total,
                not_kept=found.not_kept,
                since=since,
                until=until,
                effects=effects(found.names, book.current.rules, after),
            )
        )


def checked(listening: str) -> Checked:
    """Return what `escucha rules check` finds in a text, in both languages."""
    from streams.rules.compiled import version_of
    from streams.rules.listening import SECTIONS
    from streams.rules.overlaps import warnings_of_listening

    try:
        read = read_listening(listening, NAME)
    except ListeningError as error:
        return Checked(mistakes=_mistakes(error))
    except InputError as error:  # of the bundled interests
        return Checked(mistakes=[Mistake(1, 1, in_both(str(error)))])
    in_force = with_interests(read)
    return Checked(
        warnings=[in_both(warning) for warning in warnings_of_listening(read)[:MAX_MISTAKES]],
        version=version_of(in_force),
        counts={section: len(getattr(in_force, section) or ()) for section in SECTIONS},
    )


def _mistakes(error: ListeningError) -> list[Mistake]:
    return [
        Mistake(problem.line, problem.column, in_both(problem.message))
        for problem in error.problems[:MAX_MISTAKES]
    ]


def _rule_set(version: "RuleVersion") -> RuleSet:
    return msgspec.convert(version, RuleSet, from_attributes=True)
