"""Known holes in what is locked: by pip-audit where a service can be reached, or by a file.

Either says plainly when it could not check; that is 75, which no build has to take for a hole.
"""

import re
import subprocess
import sys
import time
import venv
from pathlib import Path

from deploy.supply import advisories
from deploy.supply.lock import LOCK, ROOT, read_lock

TOOL = "pip-audit==2.10.1"
UNASKED = 75
PATIENCE_SEC = 600.0
CI_SEC = 120.0
PLACE = ROOT / ".venv-audit"
_UNREACHED = (
    "ConnectionError",
    "ServiceError",
    "Max retries",
    "NameResolution",
    "timed out",
    "404",
)
_FOUND = re.compile(r"Found \d+ known vulnerabilit")  # whatever else went wrong
_NOTHING = "NOTHING was checked. Run it where the internet is, at least once a week"


def audit(within_sec: float = PATIENCE_SEC) -> int:
    """Print what is known; 0: nothing, 1: holes, 75: nobody could be asked, or not in time."""
    python, ends = PLACE / "bin" / "python", time.monotonic() + within_sec
    if not (PLACE / "bin" / "pip-audit").is_file():  # an earlier try may have left half of it
        venv.create(PLACE, with_pip=True)
        pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
        briefly = ["--retries", "1", "--timeout", "15"]
        try:
            failed = subprocess.run(  # noqa: S603 - our own arguments
                [python, *pip, *briefly, TOOL],
                check=False,
                timeout=max(1.0, ends - time.monotonic()),
            ).returncode
        except subprocess.TimeoutExpired:
            failed = 1
        if failed:
            print("audit: pip-audit cannot be installed: NOTHING was checked", file=sys.stderr)
            return UNASKED
    return ask(python, LOCK, max(1.0, ends - time.monotonic()))


def audit_in_ci() -> int:
    """The same in two minutes at most, where nobody can be asked is told and fails nothing."""
    code = audit(CI_SEC)
    if code == UNASKED:
        print("audit: that fails no build; holes do", file=sys.stderr)
        return 0
    return code


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
        return UNASKED
    return 0


def ask(python: Path, lock: Path, within_sec: float = PATIENCE_SEC) -> int:
    """The same with a pip-audit that is there."""
    try:
        asked = subprocess.run(  # noqa: S603
            [python, "-m", "pip_audit", "--require-hashes", "--disable-pip", "-r", lock],
            capture_output=True,
            text=True,
            timeout=within_sec,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"audit: no answer within {within_sec:.0f} s: {_NOTHING}", file=sys.stderr)
        return UNASKED
    skipped = asked.stdout.count("could not be audited")
    if skipped:  # pip-audit calls that a success
        print(
            f"audit: {skipped} packages are unknown to the service: they were NOT checked. Run it"
            " where the internet is, at least once a week",
            file=sys.stderr,
        )
    told = [line for line in asked.stdout.splitlines() if "could not be audited" not in line]
    print("\n".join(told[:500]))
    unreached = any(word in asked.stderr for word in _UNREACHED)
    if asked.returncode and unreached and not _FOUND.search(asked.stderr):
        print(f"audit: no advisory service answers from here: {_NOTHING}", file=sys.stderr)
        return UNASKED
    print(asked.stderr, end="", file=sys.stderr)
    return asked.returncode or (UNASKED if skipped else 0)
