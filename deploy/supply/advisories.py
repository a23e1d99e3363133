"""Known holes in what is locked, by a file of advisories, where no service can be reached.

OSV gives all of an ecosystem's advisories as one archive (`PyPI/all.zip`); it can be fetched on
one machine and carried to another. What it says of a version: it is listed, or lies in a range.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from deploy.supply.lock import Locked, SupplyError, normal

MOST_BYTES: Final = 4 * 1024 * 1024  # of one advisory
OLD_DAYS: Final = 7  # after which a file tells too little


@dataclass(frozen=True, kw_only=True)
class Hole:
    """A package as it is locked, and what is known of it."""

    package: str
    version: str
    advisory: str
    summary: str
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        names = f"{self.package} {self.version}: {self.advisory}"
        mended = f"; mended in {', '.join(self.mended_in)}" if self.mended_in else ""
        return f"{names} ({self.summary}){mended}"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a file of advisories says, how many it has, and how old it is."""

    holes: list[Hole]
    advisories: int
    newest: datetime

    @property
    def is_old(self) -> bool:
        """Whether newer advisories must be expected."""
        return (datetime.now(UTC) - self.newest).days >= OLD_DAYS


def look(packages: Iterable[Locked], archive: Path) -> Found:
    """Hold locked packages against an archive; raises SupplyError when it is none."""
    locked: dict[str, list[Locked]] = {}
    for one in packages:
        locked.setdefault(normal(one.name), []).append(one)
    holes: list[Hole] = []
    count, newest = 0, datetime.min.replace(tzinfo=UTC)
    for advisory in _advisories(archive):
        count += 1
        newest = max(newest, datetime.fromisoformat(advisory["modified"]))
        if "withdrawn" not in advisory:
            holes += _holes(advisory, locked)
    if not count:
        raise SupplyError(f"{archive}: there is no advisory in it; fetch OSV's PyPI/all.zip anew")
    return Found(holes=sorted(holes, key=str), advisories=count, newest=newest)


def _advisories(archive: Path) -> Iterator[dict[str, Any]]:
    try:
        with zipfile.ZipFile(archive) as file:
            for member in file.infolist():
                if not member.filename.endswith(".json"):
                    continue
                if member.file_size > MOST_BYTES:
                    raise SupplyError(f"{archive}: {member.filename} is too large for an advisory")
                yield json.loads(file.read(member))
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, RecursionError) as error:
        raise SupplyError(f"{archive}: not an archive of advisories ({error})") from error


def _holes(advisory: Mapping[str, Any], locked: Mapping[str, list[Locked]]) -> Iterator[Hole]:
    for affected in advisory.get("affected", ()):
        about = affected.get("package", {})
        if about.get("ecosystem") != "PyPI":
            continue
        for one in locked.get(normal(about["name"]), ()):
            if _is_affected(one.version, affected):
                yield Hole(
                    package=one.name,
                    version=one.version,
                    advisory=advisory["id"],
                    summary=advisory.get("summary") or "no summary",
                    mended_in=tuple(
                        event["fixed"] for event in _events(affected) if "fixed" in event
                    ),
                )


def _events(affected: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return [
        event
        for span in affected.get("ranges", ())
        if span.get("type") == "ECOSYSTEM"
        for event in span["events"]
    ]


def _is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    if version in affected.get("versions", ()):
        return True
    mine = Version(version)
    for span in affected.get("ranges", ()):
        if span.get("type") != "ECOSYSTEM":
            continue
        since = False
        for at, event in sorted(_moments(span["events"]), key=lambda one: one[0]):
            if at > mine:
                break
            since = event == "introduced" or (since and event == "last_affected" and at == mine)
        if since:
            return True
    return False


def _moments(events: Iterable[Mapping[str, str]]) -> Iterator[tuple[Version, str]]:
    for event in events:
        for kind, version in event.items():
            if kind in {"introduced", "fixed", "last_affected"}:
                try:
                    yield Version(version), kind
                except InvalidVersion:  # of a time before versions had a form: `versions` lists it
                    continue
