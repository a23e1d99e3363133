"""Known holes in what is locked: by pip-audit where a service can be reached, or by a file.

Either says plainly when it could not check; that is 75, which no build has to take for a hole.
"""

import subprocess
import sys
import venv
from pathlib import Path

from deploy.supply import advisories
from deploy.supply.lock import LOCK, ROOT, read_lock

TOOL = "pip-audit==2.10.1"
PLACE = ROOT / ".venv-audit"
_UNREACHED = (
    "ConnectionError",
    "ServiceError",
    "Max retries",
    "NameResolution",
    "timed out",
    "404",
)


def audit() -> int:
    """Print what is known; 0: nothing, 1: holes, 75: nobody could be asked."""
    python = PLACE / "bin" / "python"
    if not python.is_file():
        venv.create(PLACE, with_pip=True)
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            TOOL,
        ]
        if subprocess.run(pip, check=False).returncode:  # noqa: S603 - our own arguments
            print("audit: pip-audit cannot be installed: nothing was checked", file=sys.stderr)
            return 75
    return ask(python, LOCK)


def audit_by(archive: Path, lock: Path = LOCK) -> int:
    """The same by an archive of OSV's advisories, without any network; raises SupplyError."""
    packages = read_lock(lock)
    found = advisories.look(packages, archive)
    for hole in found.holes:
        print(hole)
    about = f"{len(packages)} packages by {found.advisories:,} advisories"
    print(f"audit: {about}, the newest of {found.newest:%Y-%m-%d}: {len(found.holes)} holes")
    if found.holes:
        return 1
    if found.is_old:
        print(
            f"audit: the file is older than {advisories.OLD_DAYS} days: what came since was NOT"
            " checked. Fetch it anew",
            file=sys.stderr,
        )
        return 75
    return 0


def ask(python: Path, lock: Path) -> int:
    """The same with a pip-audit that is there."""
    asked = subprocess.run(  # noqa: S603
        [python, "-m", "pip_audit", "--require-hashes", "--disable-pip", "-r", lock],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    skipped = asked.stdout.count("could not be audited")
    if skipped:  # pip-audit calls that a success
        print(
            f"audit: {skipped} packages are unknown to the service: they were NOT checked. Run it"
            " where the internet is, at least once a week",
            file=sys.stderr,
        )
    told = [line for line in asked.stdout.splitlines() if "could not be audited" not in line]
    print("\n".join(told[:500]))
    if asked.returncode and any(word in asked.stderr for word in _UNREACHED):
        print(
            "audit: no advisory service answers from here: NOTHING was checked. Run it where the"
            " internet is, at least once a week",
            file=sys.stderr,
        )
        return 75
    print(asked.stderr, end="", file=sys.stderr)
    return asked.returncode or (75 if skipped else 0)
