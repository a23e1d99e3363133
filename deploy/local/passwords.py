"""The passwords of one run directory."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.errors import LocalStackError

FILE_NAME = "secrets.env"
WRITER = "ESCUCHA_CLICKHOUSE_PASSWORD"
READER = "ESCUCHA_CLICKHOUSE_READER_PASSWORD"


@dataclass(frozen=True)
class Passwords:
    """Never part of a repr, so never part of a log line."""

    writer: str = field(repr=False)
    reader: str = field(repr=False)

    def as_environment(self) -> dict[str, str]:
        """Return the variables that ClickHouse's configuration and its clients read."""
        return {WRITER: self.writer, READER: self.reader}


def load_or_create(run_dir: Path) -> Passwords:
    """Return the run directory's passwords; the first call makes them, readable by its owner only.

    Raises LocalStackError when the file is there and lacks one of them.
    """
    path = run_dir / FILE_NAME
    run_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    passwords = Passwords(writer=secrets.token_urlsafe(24), reader=secrets.token_urlsafe(24))
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in passwords.as_environment().items())
    return passwords


def _read(path: Path) -> Passwords:
    lines = path.read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    missing = [name for name in (WRITER, READER) if not values.get(name)]
    if missing:
        raise LocalStackError(
            f"{path} lacks {', '.join(missing)}. Add it, or delete the file to get new passwords."
        )
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return Passwords(writer=values[WRITER], reader=values[READER])
