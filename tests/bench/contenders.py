"""Who is compared, how each is started, and which interpreter it needs."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.stack import REPOSITORY

VENV = REPOSITORY / ".venv-bench"
LOCK = REPOSITORY / "requirements-bench.lock"


@dataclass(frozen=True)
class Contender:
    """A program that empties the topic into ClickHouse until SIGTERM."""

    name: str
    title: str
    module: tuple[str, ...]
    own_venv: bool = False

    def command(self) -> list[str]:
        """Return its command line."""
        python = str(_python(VENV)) if self.own_venv else sys.executable
        return [python, "-m", *self.module]


HAND = Contender("hand", "hand-written loop", ("tests.bench.rivals.hand",))
ESCUCHA = Contender("escucha", "Escucha's worker", ("streams.cli", "worker"))
CONTENDERS: tuple[Contender, ...] = (
    HAND,
    ESCUCHA,
    Contender("faust", "stock Faust, take()", ("tests.bench.rivals.faust_take",)),
    Contender("quix", "Quix Streams, batches", ("tests.bench.rivals.quix",), own_venv=True),
    Contender("bytewax", "bytewax, batches", ("tests.bench.rivals.bytewax_flow",), own_venv=True),
)


def installed(contenders: list[Contender], say: Callable[[str], None]) -> list[Contender]:
    """Return those that can run here, after trying to install what is missing."""
    if not any(contender.own_venv for contender in contenders) or _has_venv(say):
        return contenders
    left_out = ", ".join(c.title for c in contenders if c.own_venv)
    say(f"left out: {left_out}")
    return [contender for contender in contenders if not contender.own_venv]


def _has_venv(say: Callable[[str], None]) -> bool:
    stamp = VENV / "lock"
    lock = LOCK.read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == lock:
        return True
    say(f"installing {LOCK.name} into {VENV.name}; a minute or two")
    commands = (
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        [
            str(_python(VENV)),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            str(LOCK),
        ],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            say(f"{command[2]} failed: {done.stderr.strip()[-500:]}")
            return False
    stamp.write_text(lock, encoding="utf-8")
    return True


def _python(venv: Path) -> Path:
    return venv / ("Scripts" if sys.platform == "win32" else "bin") / "python"
