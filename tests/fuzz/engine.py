"""Feeds a parser with mutations for a while, and says what came out, how fast and how large."""

import logging
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import FrameType

from tests.fuzz.mutate import Mutator, Shape

MOST_GROWTH_MIB = 256.0  # of the process, by one input
KEPT_INPUTS = 400  # that brought a new outcome, to be mutated further
MOST_CRASHES = 5
LOADING_SEC = 300.0  # for an input at which compiled code may first be made


class HangError(BaseException):
    """An input that takes longer than its target may; no handler of the program catches it."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser with the oracle around it.

    `open` gives a function from an input to the name of what came of it. It raises nothing for
    what the parser may do, and anything else where it did something that it must not.
    """

    name: str
    what: str
    seeds: Callable[[], Sequence[bytes]]
    open: Callable[[], AbstractContextManager[Callable[[bytes], str]]]
    shape: Shape = "bytes"
    words: Sequence[bytes] = ()
    most_sec: float = 5.0


@dataclass
class Crash:
    """An input that broke the promise."""

    why: str
    content: bytes
    trace: str


@dataclass
class Result:
    """What a run of one target found."""

    target: str
    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    worst_sec: float = 0.0
    growth_mib: float = 0.0
    crashes: list[Crash] = field(default_factory=list)


def plain(
    run: Callable[[bytes], str],
) -> Callable[[], AbstractContextManager[Callable[[bytes], str]]]:
    """The `open` of a target that needs nothing."""

    @contextmanager
    def opened() -> Iterator[Callable[[bytes], str]]:
        yield run

    return opened


def fuzz(
    target: Target, *, seed: int, seconds: float = float("inf"), inputs: int = sys.maxsize
) -> Result:
    """Run a target on its seeds and then on mutations, until time, inputs or patience are up."""
    result = Result(target.name)
    chance = random.Random(seed)
    mutator = Mutator(chance, target.words)
    corpus = list(target.seeds())
    with silence(), target.open() as run:
        for content in corpus:  # what is loaded once is not the fault of an input
            run_one(target, run, content, result, loaded=False)
        loaded_mib = peak_mib()
        started = time.monotonic()
        while result.inputs < inputs and time.monotonic() - started < seconds:
            content = mutator.of(chance.choice(corpus), chance.choice(corpus), target.shape)
            known = len(result.outcomes)
            run_one(target, run, content, result)
            if len(result.outcomes) > known and len(corpus) < KEPT_INPUTS:
                corpus.append(content)
            if len(result.crashes) >= MOST_CRASHES:
                break
        result.seconds = time.monotonic() - started
        result.growth_mib = peak_mib() - loaded_mib
    return result


def run_one(
    target: Target,
    run: Callable[[bytes], str],
    content: bytes,
    result: Result,
    *,
    loaded: bool = True,
) -> None:
    """One input, held to the promise."""
    result.inputs += 1
    before_mib, started = peak_mib(), time.perf_counter()
    try:
        with at_most(target.most_sec if loaded else LOADING_SEC):
            outcome = run(content)
    except (Exception, HangError) as error:  # noqa: BLE001 - that none comes is what is tested
        outcome = f"CRASH {type(error).__name__}"
        trace = "".join(traceback.format_exception(error)[-12:])
        _note(result, Crash(f"{type(error).__name__}: {str(error)[:200]}", content, trace))
    took = time.perf_counter() - started
    result.outcomes[outcome] += 1
    if loaded:
        result.worst_sec = max(result.worst_sec, took)
        if took > target.most_sec and not outcome.startswith("CRASH"):
            _note(result, Crash(f"took {took:.1f} s in one call", content, ""))
        if (growth := peak_mib() - before_mib) > MOST_GROWTH_MIB:
            _note(result, Crash(f"took {growth:.0f} MiB", content, ""))


def _note(result: Result, crash: Crash) -> None:
    kind = crash.trace.splitlines()[-4:] or [crash.why.split()[0]]
    if all(
        (known.trace.splitlines()[-4:] or [known.why.split()[0]]) != kind
        for known in result.crashes
    ):
        result.crashes.append(crash)


@contextmanager
def silence() -> Iterator[None]:
    """Within it no log line is written: there would be one for each refusal."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Within it, HangError is raised after so long."""

    def on_alarm(number: int, frame: FrameType | None) -> None:
        raise HangError(f"still at it after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def peak_mib() -> float:
    """The most of this process that was ever resident."""
    # On Linux in KiB; it never shrinks, so that what an input took for a moment shows too.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
