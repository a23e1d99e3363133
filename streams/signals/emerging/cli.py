"""`escucha alerts` and `escucha signals`: what is found, dealing with it, how good it is."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

if TYPE_CHECKING:
    from streams.signals.emerging.background import Arrival
    from streams.signals.emerging.lifecycle import Change
    from streams.signals.emerging.settings import DetectorSettings


@click.group("alerts")
def alerts_group() -> None:
    """Emerging purchase intent: list alerts, acknowledge them, measure how good they are."""


@alerts_group.command("backtest")
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--time", help="Column of the time.  [default: by its name]")
@click.option("--series", help="Column of the series.  [default: by its name, else the file]")
@click.option("--intent", help="Count only rows where this column is neither empty nor none.")
@click.option(
    "--parts",
    default=1,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Deal each series into so many at random; 10 makes all talk as thin as intent is.",
)
@click.option("--bursts", default=900, show_default=True, type=click.IntRange(12, 100_000))
@click.option(
    "--target",
    "targets",
    multiple=True,
    default=(1.0,),
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="False alarms per series-week at which all are compared; may be repeated.",
)
@click.option("--seed", default=5, show_default=True)
@click.option("--first-half", is_flag=True, help="Report on the half to tune on.")
@click.option("--oracle", is_flag=True, help="Beside the most that anybody could find.")
@click.option("--min-authors", type=click.IntRange(min=1), help="Other than the detector's own.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write an SVG there.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def backtest_command(
    files: tuple[Path, ...],
    time: str | None,
    series: str | None,
    intent: str | None,
    parts: int,
    bursts: int,
    targets: tuple[float, ...],
    seed: int,
    first_half: bool,
    oracle: bool,
    min_authors: int | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Put bursts of known size into the real arrivals of FILES, and see what finds them and when.

    Without FILES, into the mentions with intent that are stored, each series as it was heard. Only
    times, authors and series are read, no texts. The detector is the one that runs live, with
    its settings. It is compared with two usual alarms, each at the threshold that gives the same
    rate of false alarms on the second half of each series, where all is reported.
    """
    from streams.signals.emerging import measuring, report
    from streams.signals.emerging.settings import DetectorSettings
    from streams.signals.emerging.tables import arrivals

    settings = DetectorSettings()
    if min_authors is not None:
        settings = msgspec.structs.replace(settings, min_authors=min_authors)
    if files:
        read = (arrivals(file, time=time, series=series, intent=intent) for file in files)
        heard = [arrival for rows in read for arrival in rows]
    else:
        heard = _stored(settings)
    made = measuring.measure(
        heard,
        settings,
        parts=parts,
        bursts=bursts,
        targets=targets,
        seed=seed,
        first_half=first_half,
        oracle=oracle,
    )
    if plot is not None:
        plot.write_text(report.svg(made), encoding="utf-8")
    click.echo(msgspec.json.encode(made) if as_json else report.text(made))


def _stored(settings: "DetectorSettings") -> "list[Arrival]":
    from streams import clock
    from streams.local import local_settings
    from streams.migrate import connect
    from streams.signals.emerging import store
    from streams.signals.emerging.background import Arrival

    with connect(local_settings(), in_database=True) as client:
        now = clock.now()
        heard = store.heard(client, now - timedelta(days=365), now, settings)
    names = heard.series
    return [
        Arrival(names[number].kind, names[number].name, names[number].lang, str(author), float(at))
        for number, author, at in zip(heard.number, heard.author, heard.at_sec, strict=True)
    ]


@click.command("signals")
def signals_command() -> None:
    """Watch for emerging purchase intent until a signal; tell of it as the settings say.

    ESCUCHA_ALERTS_TO has addresses as apprise writes them, for example mailto://…, with spaces
    between them; ESCUCHA_ALERTS_FILE names a file with one a line; ESCUCHA_ALERTS_WEBHOOK and
    ESCUCHA_ALERTS_WEBHOOK_SECRET have a signed webhook.
    """
    from streams.local import local_settings
    from streams.signals.emerging import service
    from streams.signals.emerging.settings import DetectorSettings

    sys.exit(service.run(local_settings(), DetectorSettings()))


@alerts_group.command("list")
@click.option("--all", "every", is_flag=True, help="Closed ones too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_command(every: bool, as_json: bool) -> None:
    """Alerts as they stand, the newest first."""
    from streams.local import local_settings
    from streams.migrate import connect
    from streams.signals.emerging import handling

    with connect(local_settings(), in_database=True) as client:
        alerts = handling.current(client, every=every)
    click.echo(msgspec.json.encode(alerts) if as_json else handling.text(alerts))


@alerts_group.command("ack")
@click.argument("alert_id", metavar="ALERT")
@click.option("--by", default="", help="Who.  [default: the name of the user]")
def ack_command(alert_id: str, by: str) -> None:
    """Take ALERT (its id, or how that begins) in hand: nobody is told of it any more."""
    from streams.signals.emerging.lifecycle import acknowledged

    _handle(alert_id, by, acknowledged)


@alerts_group.command("snooze")
@click.argument("alert_id", metavar="ALERT")
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0.1, 24 * 365))
@click.option("--by", default="", help="Who.  [default: the name of the user]")
def snooze_command(alert_id: str, hours: float, by: str) -> None:
    """Tell nobody of the series of ALERT (its id, or how that begins) for some time."""
    from streams.signals.emerging.lifecycle import snoozed

    def change(last: "Change", now: datetime, who: str) -> "Change":
        return snoozed(last, now, now + timedelta(hours=hours), who)

    _handle(alert_id, by, change)


def _handle(alert_id: str, by: str, change: "Callable[[Change, datetime, str], Change]") -> None:
    from streams.local import local_settings
    from streams.migrate import connect
    from streams.signals.emerging import handling

    with connect(local_settings(), in_database=True) as client:
        click.echo(handling.handle(client, alert_id, by or handling.user(), change))
