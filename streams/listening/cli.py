"""`escucha rules apply | versions | show | preview | backfill`: rules against stored data."""

import asyncio
import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from streams.errors import InputError
from streams.listening.terminal import bounds, progress_bar, run, tell_of_older
from streams.rules.cli import rules_group
from streams.rules.loading import EXAMPLE, load_listening
from streams.settings import Settings

if TYPE_CHECKING:  # the commands import them: help and checks of a file need none of them
    from streams.listening.backfill import Rerun
    from streams.listening.history import Reread
    from streams.listening.preview import Preview
    from streams.rule_book import RuleBook, RulesInForce, RuleVersion
    from streams.sinks.clickhouse import ClickHouse

_FILE = click.argument("file", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _period(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--until", type=click.DateTime(), help="Published before, UTC.  [default: now]"
    )(command)
    command = click.option("--since", type=click.DateTime(), help="Published from, UTC.")(command)
    return click.option(
        "--days",
        type=click.IntRange(min=1),
        default=30,
        show_default=True,
        help="That many days back, where --since is not given.",
    )(command)


@click.command("apply")
@_FILE
@click.option("--reason", default="", help="Why; shown in the history of rules.")
def apply_command(file: Path, reason: str) -> None:
    """Put the rules of FILE in force; running workers take them up within seconds.

    What is stored stays as it was matched: look first with `escucha rules preview FILE`, and
    run the new rules over what is there with `escucha rules backfill`.
    """
    from streams import rule_book

    load_listening(file)  # every mistake, with its line

    async def work(clickhouse: "ClickHouse", settings: Settings) -> "RuleVersion":
        return await rule_book.apply(
            clickhouse,
            rule_book.text_of(file),
            name=str(file),
            by=getpass.getuser(),
            reason=reason,
        )

    applied = run(work)
    click.echo(f"rules {applied.version} are in force as number {applied.sequence}")
    click.echo("what is stored keeps its matches until: escucha rules backfill", err=True)


@click.command("versions")
@_JSON
def versions_command(as_json: bool) -> None:
    """List the rules that were ever applied, newest first."""
    from streams import rule_book

    found = run(lambda clickhouse, _: rule_book.versions(clickhouse))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        click.echo(
            f"{one.sequence:>5}  {one.version}  {one.applied_at:%Y-%m-%d %H:%M} UTC"
            f"  {one.applied_by}" + (f": {one.reason}" if one.reason else "")
        )
    if not found:
        click.echo("none yet: the bundled rules are in force", err=True)
    else:
        click.echo("    0  what held before the first: escucha rules show 0", err=True)


@click.command("show")
@click.argument("number", type=click.IntRange(min=0), required=False)
def show_command(number: int | None) -> None:
    """Print the rules in force, or those of NUMBER, as they were applied.

    To go back to them: escucha rules show 3 > listening.yaml; escucha rules apply listening.yaml.
    Number 0 are those that held before any were applied.
    """
    from streams import rule_book

    async def work(clickhouse: "ClickHouse", settings: Settings) -> str:
        found = await rule_book.versions(clickhouse)
        if number == 0 or (number is None and not found):
            return rule_book.text_of(settings.listening_file or EXAMPLE)
        if number is None:
            return found[0].listening
        for one in found:
            if one.sequence == number:
                return one.listening
        raise InputError(f"there are no rules {number}; see escucha rules versions")

    click.echo(run(work), nl=False)


@click.command("preview")
@_FILE
@_period
@click.option("--examples", type=click.IntRange(0, 50), default=3, show_default=True)
@click.option("--name", "names", multiple=True, help="Only this brand or topic; repeatable.")
@_JSON
def preview_command(
    file: Path,
    days: int,
    since: datetime | None,
    until: datetime | None,
    examples: int,
    names: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what the rules of FILE would have matched in stored mentions, beside those in force.

    Per brand, topic and so on: mentions a day, what is gained and what is lost, with examples.
    Changes nothing. What was filtered out when it came is not stored and cannot be shown.
    """
    from streams.app import make_rule_book
    from streams.listening import report, stored
    from streams.listening.preview import preview
    from streams.rules.compiled import compile_rules

    after = compile_rules(load_listening(file))
    first, last = bounds(days, since, until)

    async def work(clickhouse: "ClickHouse", settings: Settings) -> "tuple[RuleBook, Preview]":
        if since is None:
            await tell_of_older(clickhouse, first)
        rules = make_rule_book(settings, clickhouse)
        await rules.refresh()
        total = await stored.count(clickhouse, first, last)
        with progress_bar(total, "mentions") as progress:
            found = await preview(
                clickhouse,
                rules.current.rules,
                after,
                since=first,
                until=last,
                examples=examples,
                progress=progress,
            )
        return rules, found

    in_force, found = run(work)
    shown = [one for one in found.names if not names or one.name in names]
    if as_json:
        click.echo(report.preview_as_json(found, shown))
    else:
        click.echo(
            f"{found.mentions:,} stored mentions from {first:%Y-%m-%d} to {last:%Y-%m-%d};"
            f" in force: rules {in_force.current.rules.version}, new: {after.version}"
        )
        click.echo(report.preview_as_text(found, shown, first, last))


@click.command("backfill")
@_period
@click.option("--stored/--no-stored", "over_stored", default=True, help="Stored mentions.")
@click.option(
    "--history/--no-history",
    "over_history",
    default=True,
    help="What was filtered out when it came and Kafka still has, whatever its date.",
)
@_JSON
def backfill_command(
    days: int,
    since: datetime | None,
    until: datetime | None,
    over_stored: bool,
    over_history: bool,
    as_json: bool,
) -> None:
    """Run the rules in force over mentions that came before them.

    May be stopped and started again at any point: nothing is done twice, and workers go on
    meanwhile. `escucha reconcile` balances before and after.
    """
    from streams.app import make_rule_book
    from streams.listening import backfill, stored
    from streams.listening.history import History, HistoryRun
    from streams.steps.enrich import Enricher
    from streams.training import current_model

    first, last = bounds(days, since, until)

    def tell(line: str) -> None:
        click.echo(line, err=True)

    async def work(
        clickhouse: "ClickHouse", settings: Settings
    ) -> "tuple[RulesInForce, Reread | None, Rerun | None]":
        rules = make_rule_book(settings, clickhouse)
        await rules.refresh()
        if rules.current.sequence == 0:
            raise InputError(
                "the bundled rules are in force and have nothing before them; put others in force"
                " first: escucha rules apply listening.yaml"
            )
        if over_stored and since is None:
            await tell_of_older(clickhouse, first)
        reread = rerun = None
        # History first: what it adds carries the newest rules already.
        if over_history:
            model = current_model(settings)
            history = await asyncio.to_thread(History, settings)
            reader = HistoryRun(clickhouse, rules.current, Enricher(), model)
            with progress_bar(history.offsets, "records") as progress:
                reread = await reader.over(history, progress, tell)
        if over_stored:
            total = await stored.count(clickhouse, first, last)
            with progress_bar(total, "mentions") as progress:
                rerun = await backfill.over_stored(
                    clickhouse, rules.current, since=first, until=last, progress=progress, say=tell
                )
        return rules.current, reread, rerun

    in_force, reread, rerun = run(work)
    if as_json:
        done = {"version": in_force.rules.version, "history": reread, "stored": rerun}
        click.echo(msgspec.json.encode(done))
        return
    if reread is not None:
        click.echo(
            f"history: {reread.read:,} records read again, {reread.mentions:,} mentions and"
            f" {reread.interactions:,} interactions stored that had been filtered out"
        )
    if rerun is not None:
        click.echo(
            f"stored: {rerun.read:,} mentions read, {rerun.rewritten:,} now matched by rules"
            f" {in_force.rules.version}, {rerun.changed:,} of them otherwise than before"
        )


# The group comes with the language's own commands, which need no server.
rules = rules_group
for _command in (apply_command, versions_command, show_command, preview_command, backfill_command):
    rules.add_command(_command)
