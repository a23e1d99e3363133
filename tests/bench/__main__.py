"""End to end, in one run: Escucha's worker against a hand-written loop and three frameworks.

Same events, model, columns, ClickHouse settings and broker for all; each starts with a fresh
consumer group and a fresh database. Rounds are interleaved, so that a busy machine slows all
alike: trust the ratios more than the rates. Escucha alone also plans batches in its ledger,
drops what a source sent twice, and announces progress; the others are at least once.
"""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.bench import data, report
from tests.bench.contenders import CONTENDERS, installed
from tests.bench.measure import RunFailedError, drain
from tests.bench.stack import MODELS, running, train_models

NAMES = [contender.name for contender in CONTENDERS]
SETTINGS = [("words", 1), ("words", 2), ("shipped", 1), ("shipped", 2)]


def say(text: str) -> None:
    """Tell the person who waits."""
    click.echo(text, err=True)


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--events", type=click.IntRange(min=20_000), default=200_000, show_default=True)
@click.option(
    "--contender", "names", multiple=True, type=click.Choice(NAMES), help="Only these; repeatable."
)
@click.option(
    "--table",
    type=click.Choice(["mentions", "interactions"]),
    default="mentions",
    show_default=True,
    help="interactions: likes, which no model and no enrichment sees.",
)
@click.option("--model", "models", multiple=True, type=click.Choice(list(MODELS)))
@click.option("--threads", multiple=True, type=click.IntRange(1, 2), help="1 or 2; default both.")
@click.option("--kafka-jvm", is_flag=True, help="Apache Kafka in place of Tansu.")
@click.option("--timeout-sec", type=float, default=300.0, show_default=True, help="For one drain.")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write all figures here."
)
def main(
    rounds: int,
    events: int,
    names: tuple[str, ...],
    table: str,
    models: tuple[str, ...],
    threads: tuple[int, ...],
    kafka_jvm: bool,
    timeout_sec: float,
    json_path: Path | None,
) -> None:
    """Measure, print the table, exit 1 when a run failed."""
    contenders = installed([c for c in CONTENDERS if not names or c.name in names], say)
    settings = [
        (m, t) for m, t in SETTINGS if (not models or m in models) and (not threads or t in threads)
    ]
    runs: report.Runs = {setting: {} for setting in settings}
    failures: list[str] = []
    with TemporaryDirectory(prefix="escucha-bench-") as folder:
        run_dir = Path(folder)
        say("training models")
        train_models(run_dir, sorted({model for model, _ in settings}))
        with running(run_dir, kafka_jvm=kafka_jvm) as stack:
            loaded = data.preload(
                stack.settings.kafka_bootstrap, stack.settings.mentions_topic, events, table
            )
            say(loaded)
            started = time.monotonic()
            for number in range(1, rounds + 1):
                for model, count in settings:
                    # Every other round backwards: nobody always follows the same neighbour.
                    for contender in contenders[:: 1 if number % 2 else -1]:
                        name = f"{contender.name}-{model}-{count}-{number}"
                        try:
                            run = drain(
                                stack.with_model(model),
                                contender,
                                events,
                                count,
                                name,
                                timeout_sec,
                                table,
                            )
                        except RunFailedError as error:
                            failures.append(f"{name}: {error}")
                            say(failures[-1])
                            continue
                        runs[model, count].setdefault(contender.name, []).append(run)
                        say(
                            f"{time.monotonic() - started:5.0f} s  {name:24}"
                            f"{run.events_per_second:9,.0f}/s {run.cpu_us:6.1f} us"
                            f" {run.peak_rss_mb:5.0f} MB {run.inserts} inserts"
                        )
            broker = stack.broker
    click.echo(f"{report.machine()}\n{loaded}; {broker}, 6 partitions; medians of {rounds} rounds")
    click.echo("\n".join(report.table(runs, contenders)))
    if json_path is not None:
        about = {"events": events, "broker": broker, "loaded": loaded, "failures": failures}
        json_path.write_text(json.dumps(report.as_json(runs, **about), indent=1) + "\n")
    if failures:
        click.echo(f"{len(failures)} runs failed: see above", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
