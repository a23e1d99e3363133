"""Keys of networks: from the environment or a file it names, never from a command line."""

import os
from collections.abc import Mapping
from pathlib import Path

from streams.errors import SettingsError

_MOST_BYTES = 64 * 1024


class Secret(str):
    """A key that does not show itself where an object is printed or logged."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'•••'"


def secret(source: str, name: str, environment: Mapping[str, str] | None = None) -> Secret | None:
    """`ESCUCHA_<SOURCE>_<NAME>`, or the content of the file in `…_<NAME>_FILE`; None if neither.

    Raises SettingsError when the file cannot be read, or both are set.
    """
    environment = os.environ if environment is None else environment
    variable = f"ESCUCHA_{source}_{name}".upper()
    value, file = environment.get(variable), environment.get(f"{variable}_FILE")
    if value and file:
        raise SettingsError(f"{variable} and {variable}_FILE are both set; keep one")
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8")[:_MOST_BYTES]
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable}_FILE={file}: cannot be read ({error})") from error
    return Secret(value.strip()) if value and value.strip() else None


def needed_secret(
    source: str, name: str, remedy: str, environment: Mapping[str, str] | None = None
) -> Secret:
    """The same; raises SettingsError with `remedy` when there is none."""
    found = secret(source, name, environment)
    if found is None:
        variable = f"ESCUCHA_{source}_{name}".upper()
        raise SettingsError(f"{variable} (or {variable}_FILE) is not set: {remedy}")
    return found
