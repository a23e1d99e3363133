"""What doctor asks of the machine: Python, memory, disk, files, and settings that do not exist."""

import difflib
import importlib.metadata
import os
import resource
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

import psutil

from streams.errors import SettingsError
from streams.operate.findings import Finding, Patient, bad, ok, size, skipped, warn
from streams.privacy.retention import Retention
from streams.settings import Settings
from streams.steps.pseudonyms import AuthorKeys

OLDEST_PYTHON = (3, 11)
LOCAL_STACK_BYTES = 1.5e9  # what it has when it works, and some room
LITTLE_MEMORY_BYTES = 0.5e9
LITTLE_DISK_BYTES = 2e9
SOME_DISK_BYTES = 10e9
OPEN_FILES = 1_024
CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# Variables of other programs than the pipeline's own, which Settings does not know.
OTHERS = frozenset(
    [
        "ESCUCHA_BROKER_PORT",
        "ESCUCHA_CLICKHOUSE_HTTP_PORT",
        "ESCUCHA_CLICKHOUSE_TCP_PORT",
        "ESCUCHA_RUN_DIR",
        "ESCUCHA_WEBHOOK_SECRETS",
        "ESCUCHA_USER_AGENT",
        "ESCUCHA_PRIVATE_NETWORKS",
        "ESCUCHA_LANG",
        "ESCUCHA_REQUIRE_KAFKA",
        "ESCUCHA_REQUIRE_BROWSER",
        "ESCUCHA_CLICKHOUSE_MEMORY_BYTES",
    ]
)


def python(_patient: Patient) -> Iterator[Finding]:
    """Whether this Python will do, and whether its packages are there."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield bad(
            "python",
            f"This is Python {version}; Escucha needs 3.11 or newer.",
            "Install a newer Python, then: make PYTHON=python3.12 install",
        )
    elif sys.platform not in {"linux", "darwin"}:
        yield bad(
            "python", f"The local stack does not run on {sys.platform}.", "Use Linux or macOS."
        )
    else:
        yield ok("python", f"Python {version} will do.")
    missing = [name for name in _required() if not _installed(name)]
    if missing:
        yield bad(
            "packages",
            f"These packages are missing: {', '.join(sorted(missing))}.",
            "Run make install again; it installs exactly what requirements.lock says.",
        )
    else:
        yield ok("packages", "All packages are installed.")


def memory(patient: Patient) -> Iterator[Finding]:
    """Whether there is room for what is to run."""
    free = _free_memory()
    says = f"{size(free)} of memory are free."
    if free < LITTLE_MEMORY_BYTES:
        yield bad(
            "memory",
            f"Only {says}",
            "A worker alone has 0.4 to 0.6 GB. Close other programs, or take a larger machine.",
        )
    elif free < LOCAL_STACK_BYTES and not patient.stack_runs:
        yield warn(
            "memory",
            f"{says} The local stack has about 1 GB, and more while it catches up.",
            "Close other programs before `escucha up`.",
        )
    else:
        yield ok("memory", says)


def disk(patient: Patient) -> Iterator[Finding]:
    """Whether the run directory can be written to and has room."""
    place = patient.run_dir
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        yield bad(
            "disk",
            f"{place} cannot be written to, and {patient.run_dir} is to hold data and logs.",
            "Choose another folder with ESCUCHA_RUN_DIR, or change its owner.",
        )
        return
    free = psutil.disk_usage(str(place)).free
    says = f"{size(free)} are free on the disk of {patient.run_dir}."
    if free < LITTLE_DISK_BYTES:
        yield bad(
            "disk",
            f"Only {says} ClickHouse refuses to write when it is full.",
            "Make room, or put the run directory elsewhere with ESCUCHA_RUN_DIR.",
        )
    elif free < SOME_DISK_BYTES:
        yield warn(
            "disk",
            says,
            "Enough to try it. A million mentions take about 0.5 GB: see escucha size.",
        )
    else:
        yield ok("disk", says)


def open_files(_patient: Patient) -> Iterator[Finding]:
    """Whether the shell's limit lets a database run."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        yield warn(
            "open-files",
            f"A process may have {soft} files open; ClickHouse wants {OPEN_FILES} or more.",
            f"Run `ulimit -n {OPEN_FILES if hard < 0 else min(hard, 65_536)}` in this shell.",
        )
    else:
        yield ok("open-files", "The limit of open files is high enough.")


def secret_files(patient: Patient) -> Iterator[Finding]:
    """Whether others can read the passwords."""
    path = patient.run_dir / "secrets.env"
    if not path.exists():
        yield skipped("secrets", "No passwords were made yet; `escucha up` makes them.")
    elif path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield bad(
            "secrets", f"Other users of this machine can read {path}.", f"Run: chmod 600 {path}"
        )
    else:
        yield ok("secrets", "Only you can read the passwords.")


def variables(patient: Patient) -> Iterator[Finding]:
    """Whether a variable looks like a slip of the pen, or says what cannot be."""
    known = {f"ESCUCHA_{one.name.upper()}" for one in fields(Settings)} | OTHERS
    slips = 0
    for name in sorted(patient.variables - known):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.88)
        if near and not name.endswith("_FILE"):
            slips += 1
            yield warn(
                "settings", f"{name} is set, and no such setting exists.", f"Is it {near[0]}?"
            )
    try:
        AuthorKeys.parse(patient.settings.author_keys)
        Retention.parse(patient.settings.retention_days)
    except SettingsError as error:
        yield bad("settings", f"{error}.", "Correct the variable; the README has examples.")
        return
    if not slips:
        number = len(patient.variables)
        yield ok("settings", f"{number} settings are given, and all of them can be read.")


CHECKS = (python, memory, disk, open_files, secret_files, variables)


def _required() -> Iterable[str]:
    for line in importlib.metadata.requires("escucha") or ():
        if "extra ==" not in line and "python_version" not in line:
            yield _name_of(line)


def _name_of(requirement: str) -> str:
    for at, character in enumerate(requirement):
        if not (character.isalnum() or character in "-_."):
            return requirement[:at]
    return requirement


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _free_memory() -> float:
    """What this process may still have: of the machine, or of its container."""
    free = float(psutil.virtual_memory().available)
    for path in CGROUP_LIMITS:
        try:
            limit = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit():
            free = min(free, float(limit))
    return free
