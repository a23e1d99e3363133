"""The packages that the lock files name."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK, IMAGE_LOCK = ROOT / "requirements.lock", ROOT / "requirements-run.lock"
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>.+))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class SupplyError(Exception):
    """Something that comes from others is not as it must be; says what and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A package as the lock has it."""

    name: str
    version: str
    marker: str  # where it is needed; empty: everywhere
    hashes: tuple[str, ...]


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path = LOCK) -> list[Locked]:
    """All packages of a lock by name; raises SupplyError for a line that pins no content."""
    found = []
    whole = path.read_text("utf-8").replace("\\\n", " ")
    for line in whole.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement, *_ = line.split("--hash", 1)
        pinned = _PINNED.fullmatch(requirement.strip())
        hashes = tuple(sorted(_HASH.findall(line)))
        if pinned is None or not hashes or line.count("--") != len(hashes):
            raise SupplyError(f"{path.name}: {line[:80]!r} pins no content by hash: run make lock")
        found.append(
            Locked(
                name=normal(pinned["name"]),
                version=pinned["version"],
                marker=(pinned["marker"] or "").strip(),
                hashes=hashes,
            )
        )
    return sorted(found, key=lambda one: one.name)
