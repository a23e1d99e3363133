"""What `escucha doctor` finds, in words for somebody who sees it for the first time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from streams.settings import Settings

State = Literal["ok", "warn", "bad", "skipped"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `remedy` says what to do, and is empty where all is well."""

    check: str
    state: State
    says: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is examined."""

    settings: Settings
    variables: frozenset[str]  # of ESCUCHA_…, those that are set
    run_dir: Path
    stack_runs: bool  # a local stack, in the run directory

    @property
    def expects_services(self) -> bool:
        """Whether broker and ClickHouse should be there: a stack runs, or somebody named them."""
        named = {"ESCUCHA_KAFKA_BOOTSTRAP", "ESCUCHA_CLICKHOUSE_URL"}
        return self.stack_runs or bool(named & self.variables)


Check = Callable[[Patient], Iterable[Finding]]


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check=check, state="ok", says=says)


def warn(check: str, says: str, remedy: str) -> Finding:
    """It runs, and somebody should look."""
    return Finding(check=check, state="warn", says=says, remedy=remedy)


def bad(check: str, says: str, remedy: str) -> Finding:
    """It will not run, or will lose or show something wrong."""
    return Finding(check=check, state="bad", says=says, remedy=remedy)


def skipped(check: str, says: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(check=check, state="skipped", says=says, remedy=remedy)


def size(bytes_: float) -> str:
    """A number of bytes for people."""
    return f"{bytes_ / 1e9:.1f} GB"
