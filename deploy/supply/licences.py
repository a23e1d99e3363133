"""Whose work this builds on and under what terms; terms that nobody has looked at are refused."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from deploy.supply.lock import IMAGE_LOCK, LOCK, ROOT, Locked, SupplyError, read_lock

LISTED = ROOT / "THIRD_PARTY.md"
# Each word that an expression may be made of. Copyleft that reaches into what is built on it (GPL,
# AGPL) is not among them, and what asks for more than to be named stands in REASONS.
ALLOWED = frozenset(
    (
        "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
        "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib",
    )
)  # fmt: skip
REASONS: Mapping[str, str] = {
    "axe-playwright-python": "for tests only; carries axe-core",
    "certifi": "a list of authorities, passed on as it is, with its source",
    "hypothesis": "for tests only",
    "pathspec": "of mypy, for development only",
    "tqdm": "passed on as it is, with its source; of robust-downloader",
}
# What packages write in place of an identifier of SPDX.
_SPDX: Mapping[str, str] = {
    "apache": "Apache-2.0", "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "apache software license": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause", "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause", "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}  # fmt: skip
# Read by a person in the package's own LICENSE, where its metadata does not say.
_READ: Mapping[str, str] = {
    "axe-playwright-python": "MIT AND MPL-2.0",
    "colorama": "BSD-3-Clause",
    "defusedxml": "PSF-2.0",
    "fasttext-predict-v2": "MIT",
    "pystemmer": "MIT AND BSD-3-Clause",
    "skops": "MIT",
    "venusian": "BSD-3-Clause",
}
_ROW = re.compile(r"\| (\S+) \| (\S+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|")
# Files of others that lie in the repository.
VENDORED = (
    ("uPlot", "MIT", "dashboards/console/static/vendor/uplot", "draws the console's charts"),
    ("Inter", "OFL-1.1", "dashboards/console/static/vendor/inter", "the console's type"),
    ("compose-spec", "Apache-2.0", "tests/vendor/compose-spec", "the schema tests hold files to"),
    ("CRDs of KEDA and Prometheus", "Apache-2.0", "tests/vendor/crds", "the same for the chart"),
)


@dataclass(frozen=True, kw_only=True)
class Licensed:
    """A package and its terms."""

    package: Locked
    licence: str
    ships: bool  # in the container image


def licensed() -> list[Licensed]:
    """All locked packages; raises SupplyError that names every one whose terms are not allowed."""
    in_image = {one.name for one in read_lock(IMAGE_LOCK)}
    listed = _listed()
    found: list[Licensed] = []
    problems: list[str] = []
    packages = read_lock(LOCK)
    versions = {(one.name, one.version) for one in packages}
    for package in packages:
        licence = _licence_of(package, listed, versions)
        problems += _problems(package.name, licence)
        found.append(Licensed(package=package, licence=licence, ships=package.name in in_image))
    if unknown := in_image - {one.package.name for one in found}:
        problems.append(f"{IMAGE_LOCK.name} has what {LOCK.name} has not: {sorted(unknown)}")
    if problems:
        raise SupplyError("\n".join(problems))
    return found


def _licence_of(
    package: Locked, listed: Mapping[tuple[str, str], str], versions: Collection[tuple[str, str]]
) -> str:
    """Its terms by its metadata, or as listed for this version where it is not installed.

    A lock for several Pythons may have several versions of a package, of which one is installed.
    """
    if package.name in _READ:
        return _READ[package.name]
    try:
        told = metadata.metadata(package.name)
    except metadata.PackageNotFoundError:
        return listed.get((package.name, package.version), "")
    if (package.name, metadata.version(package.name)) not in versions:
        raise SupplyError(
            f"{package.name} is installed as {metadata.version(package.name)} and locked as"
            f" {package.version}: run make install"
        )
    if expression := _field(told, "License-Expression"):
        return expression
    classified = [
        line.rpartition("::")[2].strip()
        for line in told.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    written = _field(told, "License")
    for said in (written, *classified):
        expression = _SPDX.get(said.lower(), said)
        if expression and not _unknown_words(expression):
            return expression
    return written.splitlines()[0][:60] if written else ", ".join(classified)


def _field(told: metadata.PackageMetadata, name: str) -> str:
    return str(told[name]).strip() if name in told else ""


def _unknown_words(expression: str) -> list[str]:
    words = re.split(r"\s+(?:AND|OR)\s+", expression.replace("(", "").replace(")", ""))
    return [word for word in words if word.strip() not in ALLOWED]


def _problems(name: str, licence: str) -> Sequence[str]:
    if not licence:
        return [f"{name}: no licence is known: read its LICENSE and add it to _READ"]
    if unknown := _unknown_words(licence):
        return [f"{name}: {licence!r} is not among the allowed terms ({', '.join(unknown)})"]
    if "MPL" in licence and name not in REASONS:
        return [f"{name}: {licence} asks for more than to be named: say in REASONS why it may stay"]
    return []


def _listed() -> dict[tuple[str, str], str]:
    """What THIRD_PARTY.md says, of packages that this platform does not install."""
    if not LISTED.is_file():
        return {}
    rows = _ROW.findall(LISTED.read_text("utf-8"))
    return {(name, version): licence.strip() for name, version, licence, *_ in rows}


def page(found: Sequence[Licensed]) -> str:
    """THIRD_PARTY.md."""
    lines = [
        "# What this builds on",
        "",
        "Written by `make generate` from the lock and the packages' own metadata; `make lint`"
        " refuses terms that are not in `deploy/supply/licences.py`. Wheels of numpy, scipy and"
        " scikit-learn carry runtime libraries of GCC, which its Runtime Library Exception lets"
        " everybody use.",
        "",
        "| package | version | licence | in the image | why it may stay |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        where = "yes" if one.ships else ""
        reason = REASONS.get(one.package.name, "")
        lines.append(
            f"| {one.package.name} | {one.package.version} | {one.licence} | {where} | {reason} |"
        )
    lines += [
        "",
        "## In the repository",
        "",
        "| what | licence | where | what for |",
        "|---|---|---|---|",
    ]
    for what, licence, folder, purpose in VENDORED:
        if licence not in ALLOWED or not (ROOT / folder / "LICENSE").is_file():
            raise SupplyError(f"{folder}: its LICENSE is missing, or its terms are not allowed")
        lines.append(f"| {what} | {licence} | `{folder}` | {purpose} |")
    return "\n".join(lines) + "\n"


def check(path: Path = LISTED) -> None:
    """Return when all terms are allowed and the page is up to date; raises SupplyError."""
    wanted = page(licensed())
    if not path.is_file() or path.read_text("utf-8") != wanted:
        raise SupplyError(f"{path.name} is not what the lock says: run make generate")
