"""`escucha models drift`: is what the model is given, and says, still what it was."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click
import msgspec

from models.reports.words import Language
from streams.errors import InputError
from streams.modelling import options

EXIT_ALARM = 3  # 1 is that it could not be told


@click.command("drift")
@click.argument("version", required=False)
@click.option(
    "--days",
    type=click.IntRange(1, 400),
    default=1,
    show_default=True,
    help="Show that many days before the last 24 hours too.",
)
@click.option("--all", "everything", is_flag=True, help="Every series, not the farthest 20.")
@options.language
@options.as_json
def drift_command(
    version: str | None, days: int, everything: bool, language: Language, as_json: bool
) -> None:
    """Compare what model VERSION gets and says with its first week; exit 3 on an alarm.

    By default the model in force. Of everything, of each language and of each source: languages,
    sources, lengths, what is new to the model, spam, topics; intents, stages, replies, sentiment
    and acts with their chances; and on labels of the last 30 days, of the random draw alone,
    whether chances come true. Upkeep does the same every quarter of an hour.

    An alarm: PSI of 0.2 or more beyond what chance gives, above what chance gives once in 10,000,
    with 200 voices (an author in an hour) now and then; or a calibration error of 0.1 or more
    beyond chance on at least 50 labels.

    \b
      escucha models drift
      escucha models drift --days 7 --json | jq .alarms
    """
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.modelling.drift_text import as_text
    from streams.upkeep import drift, drift_store, drift_words, marks
    from streams.upkeep.drift_watch import JOB
    from streams.upkeep.jobs import Job, run_job

    settings = local_settings()
    with clickhouse_errors_as_ours(), connect(settings, in_database=True) as client:
        run_job(client, Job(JOB, lambda c, since: drift.keep(c, since, settings.model_store)))
        version = version or drift_store.latest_version(client)
        if not version:
            raise InputError("no mention that a model judged was stored in the last days")
        if version not in (judges := drift_store.versions(client)):
            known = ", ".join(judges[:5]) or "none"
            raise InputError(f"no mention that {version} judged was counted; those are: {known}")
        last = marks.server_time(client).date()
        found = drift_store.read(client, version, last - timedelta(days=days))
    if as_json:
        _as_json(version, found, [drift_words.alarm(one, language) for one in found.alarms])
    else:
        click.echo(as_text(version, found, language, everything=everything))
    sys.exit(EXIT_ALARM if found.alarms else 0)


def _as_json(version: str, found: Any, words: Sequence[str]) -> None:
    click.echo(
        msgspec.json.encode(
            {
                "model_version": version,
                "alarms": words,
                "drift": [_plain(one, one.shift) for one in found.drifts],
                "calibration": [_plain(one, one.found) for one in found.calibrations],
            }
        )
    )


def _plain(one: Any, measured: Any) -> dict[str, Any]:
    about = msgspec.to_builtins(one)
    about.pop("shift", None)
    about.pop("found", None)
    alarm: dict[str, Any] = {"is_alarm": measured.is_alarm}
    return {**about, **msgspec.to_builtins(measured), **alarm}
