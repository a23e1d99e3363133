"""In which language a command answers whoever typed it.

`main` hands an `Asked` to the commands; the option --language of one that has it writes into it, so
that what goes wrong afterwards is said in that language too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import click

Language = Literal["en", "es"]
Command = TypeVar("Command", bound=Callable[..., Any])

# Their last words end up in logs, which operators search: always in English.
SERVICES: Final = frozenset({"console", "prepare", "receive", "signals", "upkeep", "worker"})


@dataclass(slots=True)
class Asked:
    """What is known of whoever typed a command."""

    language: Language = "en"

    def of_command(self, name: str | None, language: Language) -> None:
        """Speak so, unless the command is one whose words go into a log."""
        self.language = "en" if name in SERVICES else language


def language_asked() -> Language:
    """The language of the running command; English where nobody said which."""
    context = click.get_current_context(silent=True)
    asked = context.find_object(Asked) if context else None
    return asked.language if asked else "en"


def language_option(
    default: Callable[[], Language] = language_asked,
) -> Callable[[Command], Command]:
    """`--language es`, which counts for the errors of the command as well."""
    return click.option(
        "--language",
        type=click.Choice(["en", "es"]),
        default=default,
        is_eager=True,  # so that mistakes in other options are told in it
        callback=_note,
        show_default="ESCUCHA_LANG, else that of the machine",
    )


def _note(context: click.Context, option: click.Parameter, value: Language) -> Language:
    asked = context.find_object(Asked)
    if asked is not None:
        asked.language = value
    return value
