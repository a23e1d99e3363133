"""`escucha rules`: check a listening file, explain a rule."""

import sys
from pathlib import Path

import click
import msgspec

from schemas.mention import Author, Mention
from streams import clock
from streams.asked import Language, language_option
from streams.rules.compiled import compile_rules
from streams.rules.entities import sensible
from streams.rules.errors import ListeningError, RuleError
from streams.rules.explain import explain
from streams.rules.fields import MENTION_TYPES
from streams.rules.listening import SECTIONS
from streams.rules.loading import EXAMPLE, load_listening
from streams.rules.overlaps import warnings_of_listening
from streams.rules.spanish import counted_in_spanish, in_language

_CHECK_EXAMPLES = """\b
Examples:
  escucha rules check
  escucha rules check listening.yaml
  escucha rules check listening.yaml --json
"""
_EXPLAIN_EXAMPLES = """\b
Examples:
  escucha rules explain 'móvil NEAR/3 barato' 'un movil nuevo y barato'
  escucha rules explain '~comprar lang:es' 'ya lo compré' --lang es
  escucha rules explain 'nimbara NOT has:link' 'Nimbara https://example.com' --json
"""


@click.group("rules")
def rules_group() -> None:
    """Topic rules: what is listened for, and in which words."""


@rules_group.command("check", epilog=_CHECK_EXAMPLES)
@click.argument(
    "file",
    required=False,
    type=click.Path(path_type=Path),
    envvar="ESCUCHA_LISTENING_FILE",
)
@language_option()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check_command(file: Path | None, language: Language, as_json: bool) -> None:
    """Find every mistake in a listening file; exits 1 if there is one.

    Without FILE, the one that ESCUCHA_LISTENING_FILE names, else the bundled example.
    """
    path = file or EXAMPLE
    try:
        listening = load_listening(path, bundled_interests=False)
    except ListeningError as error:
        if as_json:
            _print_json({"ok": False, "problems": error.problems})
        else:
            for problem in error.problems:
                said = in_language(problem.message, language)
                click.echo(f"{problem.file}:{problem.line}:{problem.column}: {said}")
            click.echo(_count(len(error.problems), "mistake", language), err=True)
        sys.exit(1)
    in_force = load_listening(path)
    rules = compile_rules(in_force)
    warnings = warnings_of_listening(listening)
    counts = {section: len(getattr(in_force, section) or ()) for section in SECTIONS}
    if as_json:
        _print_json({"ok": True, "version": rules.version, **counts, "warnings": warnings})
        return
    for warning in warnings:
        click.echo(f"{in_language('warning', language)}: {in_language(warning, language)}")
    found = ", ".join(_count(n, name[:-1], language) for name, n in counts.items())
    click.echo(f"{path}: {found}")
    said = in_language(f"version {rules.version}, no mistakes", language)
    click.echo(f"{said}, {_count(len(warnings), 'warning', language)}")


@rules_group.command("explain", epilog=_EXPLAIN_EXAMPLES)
@click.argument("rule")
@click.argument("text")
@click.option(
    "--lang", default="", help="Of the text. Without, ~word knows es and en, and no lang: fits."
)
@click.option("--source", default="csv", show_default=True, help="Where it was said.")
@click.option("--site", default="", help="Place within the source.")
@click.option("--author", default="author", show_default=True, help="Handle of who said it.")
@click.option("--followers", default=0, type=click.IntRange(min=0), show_default=True)
@click.option("--type", "kind", default="post", type=click.Choice(MENTION_TYPES), show_default=True)
@click.option("--reply-to", default="", help="Text of what it answers.")
@language_option()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain_command(
    rule: str,
    text: str,
    lang: str,
    source: str,
    site: str,
    author: str,
    followers: int,
    kind: str,
    reply_to: str,
    language: Language,
    as_json: bool,
) -> None:
    """Show which parts of RULE match TEXT, and where; exits 1 if the rule has a mistake."""
    try:
        tree = sensible(rule)
    except RuleError as error:
        if as_json:
            _print_json({"ok": False, "problems": error.problems})
        else:
            click.echo(pointed(error, language))
        sys.exit(1)
    handle = author.removeprefix("@")
    fields = {
        "type": "mention",
        "mention_id": "explain:1",
        "source": source,
        "author": msgspec.to_builtins(Author(id=handle, handle=handle, followers=followers)),
        "text": text,
        "published_at": clock.now(),
        "lang": lang,
        "kind": kind,
        "parent_text": reply_to,
        "site": site,
    }
    try:
        mention = msgspec.convert(fields, Mention)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error
    explanation = explain(tree, mention, text, lang)
    if as_json:
        _print_json(explanation.as_json())
    else:
        click.echo(explanation.printed(language))


def pointed(error: RuleError, language: Language = "en") -> str:
    """Return the problems of a rule, each under the line it is in, with a mark at its place."""
    lines = []
    for problem in error.problems:
        start = error.rule.rfind("\n", 0, problem.start) + 1
        line = error.rule[start:].partition("\n")[0]
        width = max(1, min(problem.end, start + len(line)) - problem.start)
        mark = " " * (problem.start - start) + "^" * width
        lines += [line, mark, in_language(str(problem), language), ""]
    return "\n".join(lines[:-1])


def _count(number: int, what: str, language: Language) -> str:
    if language == "es":
        return counted_in_spanish(number, what)
    return f"{number} {what}" + ("" if number == 1 else "s")


def _print_json(content: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(content)))
