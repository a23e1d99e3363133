"""The one-time address of a console without accounts: who can read its file owns this stack.

The file is in the run directory, its owner's only, and holds the token; it is never logged. A token
opens one session, and the next one lies there at once.
"""

import fcntl
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE_NAME: Final = "console-link"
LOCK_NAME: Final = "console-link.lock"
_BYTES = 32


def offer(run_dir: Path) -> None:
    """Lay a token there, unless one is."""
    with _alone(run_dir):
        if not (run_dir / FILE_NAME).is_file():
            _write(run_dir)


def withdraw(run_dir: Path) -> None:
    """Take the token away: there are accounts now."""
    with _alone(run_dir):
        (run_dir / FILE_NAME).unlink(missing_ok=True)


def take(run_dir: Path, token: str) -> bool:
    """Whether it is the token that lies there; if so it was good once, and another lies there."""
    with _alone(run_dir):
        kept = read(run_dir)
        said = token.encode("utf-8", "replace")
        if not kept or not hmac.compare_digest(kept.encode(), said):
            return False
        _write(run_dir)
        return True


def read(run_dir: Path) -> str:
    """The token that lies there, "" if none does."""
    try:
        return (run_dir / FILE_NAME).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def address(run_dir: Path, base: str) -> str:
    """The address to open: with a token behind the #, which browsers send to nobody, or without."""
    token = read(run_dir)
    return f"{base.rstrip('/')}/login#{token}" if token else base


def _write(run_dir: Path) -> None:
    new = run_dir / f"{FILE_NAME}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_BYTES) + "\n")
    new.replace(run_dir / FILE_NAME)


@contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    run_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(run_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which lets go of the lock, too
