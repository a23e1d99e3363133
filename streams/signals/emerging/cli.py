"""`escucha alerts`: what has been found, dealing with it, and how good the finding is."""

from pathlib import Path

import click
import msgspec


@click.group("alerts")
def alerts_group() -> None:
    """Emerging purchase intent: list alerts, acknowledge them, measure how good they are."""


@alerts_group.command("backtest")
@click.argument(
    "files",
    nargs=-1,
    required=True,
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
    min_authors: int | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Put bursts of known size into the real arrivals of FILES, and see what finds them and when.

    Only times, authors and series are read, no texts. The detector is the one that runs live, with
    its settings. It is compared with two usual alarms, each at the threshold that gives the same
    rate of false alarms on the second half of each series, where all is reported.
    """
    from streams.signals.emerging import measuring, report
    from streams.signals.emerging.settings import DetectorSettings
    from streams.signals.emerging.tables import arrivals

    settings = DetectorSettings()
    if min_authors is not None:
        settings = msgspec.structs.replace(settings, min_authors=min_authors)
    heard = [a for file in files for a in arrivals(file, time=time, series=series, intent=intent)]
    made = measuring.measure(
        heard,
        settings,
        parts=parts,
        bursts=bursts,
        targets=targets,
        seed=seed,
        first_half=first_half,
    )
    if plot is not None:
        plot.write_text(report.svg(made), encoding="utf-8")
    click.echo(msgspec.json.encode(made) if as_json else report.text(made))
