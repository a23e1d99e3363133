"""`escucha doctor | backup | restore | size`."""

import sys

import click
import msgspec

_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.command("doctor")
@_JSON
def doctor_command(as_json: bool) -> None:
    """Look at everything that commonly goes wrong, and say what to do; exits 1 if something must.

    It changes nothing. LOOK is worth a thought, BAD has to be mended. In Spanish where
    ESCUCHA_LANG or LANG begins with es; --json stays in English.
    """
    from streams.errors import SettingsError
    from streams.local import local_settings
    from streams.operate import doctor
    from streams.operate.findings import bad
    from streams.settings import given_variables, language_of_environment

    try:
        patient = doctor.patient_of(local_settings(), given_variables())
        report = doctor.examine(patient)
    except SettingsError as error:  # without settings there is nothing else to look at
        found = bad("settings", f"{error}", "Correct the variable, or unset it.")
        report = doctor.Report(ok=False, findings=[found])
    said = doctor.describe(report, language_of_environment())
    click.echo(msgspec.json.encode(report) if as_json else said)
    sys.exit(0 if report.ok else 1)


@click.command("backup")
@click.argument("place")
@_JSON
def backup_command(place: str, as_json: bool) -> None:
    """Copy tables, rules, models and settings to PLACE: a folder, or an address as s3://bucket/x.

    Workers may run. One that was broken off goes on when it is run again. Passwords and the keys
    of pseudonyms are not in it: keep those elsewhere.
    """
    from streams.local import local_settings
    from streams.operate.backup import backup
    from streams.operate.vault import open_vault

    made = backup(local_settings(), open_vault(place), say=_say)
    rows = sum(chunk.rows for chunk in made.chunks)
    size = sum(chunk.size for chunk in made.chunks)
    _say(f"done: {rows:,} rows in {size / 1e6:,.1f} MB, and {len(made.models)} models, in {place}")
    if as_json:
        click.echo(msgspec.json.encode(made))


@click.command("restore")
@click.argument("place")
@click.option("--verify", "only_verify", is_flag=True, help="Only compare all checksums.")
@_JSON
def restore_command(place: str, only_verify: bool, as_json: bool) -> None:
    """Put the backup in PLACE into an empty database; stop the workers first.

    Topics that are still the same go on where the backup ends, so nothing is lost or doubled as
    long as Kafka has the records since.
    """
    from streams.local import local_settings
    from streams.operate.restore import describe, restore, verify
    from streams.operate.vault import open_vault

    vault = open_vault(place)
    if only_verify:
        verify(vault, say=click.echo)
        return
    restored = restore(local_settings(), vault, say=_say)
    click.echo(msgspec.json.encode(restored) if as_json else describe(restored))


@click.command("size")
@click.option(
    "--events-per-sec",
    required=True,
    type=click.FloatRange(min=0.001),
    help="On average over a day, as they come into Kafka.",
)
@click.option(
    "--kept-share",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of events that the rules keep (`keep:` in the listening file).",
)
@click.option(
    "--peak", default=3.0, show_default=True, type=click.FloatRange(min=1), help="Peak to average."
)
@click.option("--days", default=395, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--cost-per-core-month", default=25.0, show_default=True, help="In your own currency."
)
@click.option("--cost-per-gb-month", default=0.1, show_default=True, help="Of disk.")
@_JSON
def size_command(as_json: bool, **load: float) -> None:
    """How many partitions and workers, how much disk and money, for so many events a second.

    Computed from figures measured on two slow cores; each is printed with where it comes from.
    """
    from streams.operate.sizing import Load, describe, size

    plan = size(Load(**load))  # type: ignore[arg-type]
    click.echo(msgspec.json.encode(plan) if as_json else describe(plan))


def _say(line: str) -> None:
    click.echo(line, err=True)
