"""What ends a command, in the language of whoever typed it; loaded when something went wrong.

Errors are written in English where they are raised. What no table has stays so.
"""

from typing import Final

import click

from streams.asked import Language
from streams.modelling.errors_es import SPANISH as OF_MODELS
from streams.modelling.gate_words import gate_in
from streams.operate.errors_es import FOREIGN, USAGE
from streams.operate.errors_es import SPANISH as OF_SERVERS
from streams.operate.spoken import Spoken
from streams.producers.errors_es import SPANISH as OF_FILES
from streams.rules.errors import ListeningError, RuleError, line_and_column
from streams.rules.spanish import in_spanish


def _of_the_gate(text: str) -> str:
    """What the gate found, which begins a sentence here."""
    said = gate_in(text[:1].lower() + text[1:], "es")
    return text if said == text[:1].lower() + text[1:] else said[:1].upper() + said[1:]


_SAID: Final = Spoken(OF_MODELS, OF_FILES, OF_SERVERS, FOREIGN, within=_of_the_gate)
_USAGE: Final = Spoken(USAGE, FOREIGN)


def error_in(error: Exception | str, language: Language) -> str:
    """The error's words in that language; as they are where nobody has written them so yet."""
    if language == "en":
        return str(error)
    if isinstance(error, ListeningError):
        return "\n".join(
            f"{one.file}:{one.line}:{one.column}: {in_spanish(one.message)}"
            for one in error.problems
        )
    if isinstance(error, RuleError):
        return "\n".join(
            f"{_place(error.rule, one.start)}: {in_spanish(str(one))}" for one in error.problems
        )
    text = str(error)
    said = _SAID(text, language)
    # Files of rules share the words of the others, and have some of their own.
    return said if said != text else in_spanish(text)


def usage_in(error: click.ClickException, language: Language) -> str:
    """What was typed wrongly, with the command's usage, as click shows it."""
    words = _USAGE(error.format_message(), language)
    if language == "en" or not isinstance(error, click.UsageError) or error.ctx is None:
        return f"Error: {words}"
    usage = error.ctx.get_usage().replace("Usage: ", "Uso: ", 1)
    asked = f"{error.ctx.command_path} {error.ctx.help_option_names[0]}"
    return f"{usage}\nAyuda: {asked}\n\nError: {words}"


def _place(rule: str, offset: int) -> str:
    line, column = line_and_column(rule, offset).split(", ")
    return f"línea {line.split()[1]}, columna {column.split()[1]}"
