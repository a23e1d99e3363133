"""Which variables of the environment are secret, and what of their values must not be shown."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

MOST_SECRET_CHARS: Final = 64 * 1024
_NAMES: Final = ("PASSWORD", "SECRET", "SECRETS", "TOKEN", "KEY", "KEYS")
_NO_SECRETS: Final = ("http", "https", "mailto", "mailtos", "slack", "discord")  # of addresses


def is_secret(variable: str, hidden: Collection[str]) -> bool:
    """Whether it holds, or with `_FILE` at its end names a file that holds, a secret.

    `hidden` are settings that do not show themselves, whatever their names are like.
    """
    name = variable.removesuffix("_FILE")
    own = name.startswith("ESCUCHA_") and name.rpartition("_")[2] in _NAMES
    return own or name in hidden or variable == "ESCUCHA_ALERTS_FILE"


def secrets_of(environment: Mapping[str, str], hidden: Collection[str]) -> list[str]:
    """Every secret of an environment and of the files that it names, whole and in its parts."""
    secret = [
        _content(value) if name.endswith("_FILE") else value
        for name, value in environment.items()
        if is_secret(name, hidden)
    ]
    # Of a list such as 1:abc,2:def each part is one, too; of an address what is not its host.
    parts = [part for value in secret for part in re.split(r"[,:@=\s]+", value)]
    told = [part for part in parts if not part.startswith("//")]
    within = [part for one in secret for part in re.split(r"[/?&#]", one.partition("://")[2])[1:]]
    return [one for one in (*secret, *told, *within) if one and one not in _NO_SECRETS]


def _content(path: str) -> str:
    """What a file holds; nothing where it cannot be read, which whoever needs it will say."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()[:MOST_SECRET_CHARS]
    except (OSError, UnicodeDecodeError, ValueError):
        return ""
