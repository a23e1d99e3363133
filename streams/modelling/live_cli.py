"""`escucha models shadow | replay | rescore`: models against the running pipeline."""

import asyncio
import getpass
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from models.reports.words import Language
from streams.errors import InputError
from streams.listening.terminal import bounds, progress_bar, run, tell_of_older
from streams.modelling import options
from streams.settings import Settings

if TYPE_CHECKING:  # the commands import them: help needs none of them
    from streams.model_book import WorkerModels
    from streams.modelling.replay import Replay
    from streams.modelling.rescore import Rescored
    from streams.sinks.clickhouse import ClickHouse

_UNTIL = click.option(
    "--until", type=click.DateTime(), help="Published before, UTC.  [default: now]"
)


@click.command("shadow")
@click.argument("version", required=False)
@click.option("--off", is_flag=True, help="End the shadow.")
@options.language
@options.as_json
def shadow_command(version: str | None, off: bool, language: Language, as_json: bool) -> None:
    """Let running workers judge with model VERSION too, beside the one in force.

    What it says is kept for 30 days in `shadow_judgements`; `mentions`, counts and alerts are
    those of the model in force. Workers take it up within seconds. Without VERSION: show which
    model is in shadow, by which models each worker judges, and why if it is not the promoted one.
    """
    from models import profiles
    from models.store import ModelStore
    from streams import model_book
    from streams.modelling.gate_words import saying
    from streams.operate.told import error_in

    if version and off:
        raise InputError("give a version or --off, not both")

    async def work(
        clickhouse: "ClickHouse", settings: Settings
    ) -> "tuple[str, Sequence[WorkerModels]]":
        if version:
            store = ModelStore(settings.model_store)
            # Refused here, not in every worker.
            model = await asyncio.to_thread(profiles.load, store, version, settings.model_profile)
            current = await asyncio.to_thread(store.current)
            if model.version == profiles.full_name(current, settings.model_profile):
                raise InputError(f"{version} is in force: it says the same in shadow")
        if version or off:
            await model_book.put_in_shadow(clickhouse, version or "", by=getpass.getuser())
        return (
            await model_book.shadow_version(clickhouse),
            await model_book.worker_models(clickhouse),
        )

    wanted, workers = run(work)
    if as_json:
        click.echo(msgspec.json.encode({"shadow": wanted, "workers": workers}))
        return
    say = saying(language)
    if version or off:
        click.echo(say("into shadow", wanted) if wanted else say("out of shadow"))
        return
    click.echo(say("in shadow", wanted or say("none")))
    for one in workers:
        beside = say("beside", one.shadow_version) if one.shadow_version else ""
        click.echo(f"{one.worker}: {one.model_version}{beside}")
        if one.trouble:
            click.echo(f"  {error_in(one.trouble, language)}")


@click.command("replay")
@click.argument("version")
@click.option(
    "--days", type=click.IntRange(min=1), default=7, show_default=True, help="That many days back."
)
@click.option("--since", type=click.DateTime(), help="Published from, UTC, in place of --days.")
@_UNTIL
@click.option(
    "--alert-threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Chance of active intent from which on a mention is worth an alert.",
)
@click.option("--examples", type=click.IntRange(0, 50), default=3, show_default=True)
@options.language
@options.as_json
def replay_command(
    version: str,
    days: int,
    since: datetime | None,
    until: datetime | None,
    alert_threshold: float,
    examples: int,
    language: Language,
    as_json: bool,
) -> None:
    """Show what would change if model VERSION judged the stored mentions.

    Intents, stages and replies by direction, language and brand, which mentions would pass the
    threshold of active intent, which people would enter or leave the leads, and which alerts of
    emerging intent would open or not open. Changes nothing.
    """
    from models import profiles
    from models.store import ModelStore
    from streams.listening import stored
    from streams.modelling import replay_text
    from streams.modelling.replay import replay

    first, last = bounds(days, since, until)

    async def work(clickhouse: "ClickHouse", settings: Settings) -> "Replay":
        challenger = await asyncio.to_thread(
            profiles.load, ModelStore(settings.model_store), version, settings.model_profile
        )
        if since is None:
            await tell_of_older(clickhouse, first)
        total = await stored.count(clickhouse, first, last)
        with progress_bar(total, "mentions") as progress:
            return await replay(
                clickhouse,
                challenger,
                since=first,
                until=last,
                threshold=alert_threshold,
                examples=examples,
                progress=progress,
            )

    found = run(work)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        click.echo(replay_text.as_text(found, language, examples=examples))


@click.command("rescore")
@click.option("--since", type=click.DateTime(), required=True, help="Published from, UTC.")
@_UNTIL
@options.language
@options.as_json
def rescore_command(
    since: datetime, until: datetime | None, language: Language, as_json: bool
) -> None:
    """Judge stored mentions anew by the model in force.

    May be stopped and started again at any point: what the model has judged is not judged again,
    and workers go on meanwhile. Edits stay, and so does what rules matched. The raw counts by hour
    do not change: they hold the labels of the first judgement.
    """
    from streams.listening import stored
    from streams.modelling.gate_words import saying
    from streams.modelling.lines_es import teller
    from streams.modelling.rescore import judged_by_others, rescore
    from streams.training import current_model

    first, last = bounds(1, since, until)

    async def work(clickhouse: "ClickHouse", settings: Settings) -> "tuple[Rescored, int]":
        model = await asyncio.to_thread(current_model, settings)
        due = judged_by_others(model)
        total = await stored.count(clickhouse, first, last, due)
        with progress_bar(total, "mentions") as progress:
            done = await rescore(
                clickhouse,
                model,
                since=first,
                until=last,
                progress=progress,
                say=teller(language, err=True),
            )
        return done, await stored.count(clickhouse, first, last, due)

    done, left = run(work)
    if as_json:
        click.echo(msgspec.json.encode({**_fields(done), "left": left}))
        return
    say = saying(language)
    click.echo(say("rescored", say.count(done.rescored), done.version, say.count(done.changed)))
    if left:
        click.echo(say("left", say.count(left)), err=True)


def _fields(done: "Rescored") -> dict[str, object]:
    return {"version": done.version, "rescored": done.rescored, "changed": done.changed}
