"""Every command; each only parses its words and calls the room that does the work."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from deploy.local.errors import LocalStackError
from models.errors import ModelError
from streams import logs as logs_room
from streams.asked import Asked
from streams.errors import EscuchaError
from streams.local import local_settings
from streams.settings import (
    Settings,
    choose_arrow_pool,
    language_of_environment,
    logging_of_environment,
)

START_TIMEOUT_SEC = 300.0  # of one service; the first start may train a model

Command = TypeVar("Command", bound=Callable[..., Any])


class _NotNeeded:
    """Lets some imports fail. None in sys.modules will not do: pyarrow takes it for pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name in ("pandas", "pytest"):
            raise ModuleNotFoundError(f"no worker needs {name}", name=name)


class Commands(click.Group):
    """Commands that live in their own rooms are imported when they are called, or for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, those of other rooms too."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from here or from its room."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


ELSEWHERE = {
    "console": "streams.console:console_command",
    "explain": "streams.explain:explain_command",
    "ingest": "streams.producers.cli:ingest_command",
    "listen": "streams.producers.live.cli:listen_command",
    "receive": "streams.producers.webhook.cli:receive_command",
    "rules": "streams.listening.cli:rules",
    "train": "streams.modelling.learn_cli:train_command",
    "evaluate": "streams.modelling.learn_cli:evaluate_command",
    "classify": "streams.modelling.learn_cli:classify_command",
    "models": "streams.modelling.cli:models",
    "users": "streams.accounts.cli:users",
    "upkeep": "streams.upkeep.cli:upkeep_command",
    "value": "streams.upkeep.value_cli:value_group",
    "sources": "streams.sources:sources_command",
    "forget": "streams.privacy.cli:forget_command",
    "export": "streams.privacy.cli:export_command",
    "labels": "streams.labels:labels_group",
    "doctor": "streams.operate.cli:doctor_command",
    "backup": "streams.operate.cli:backup_command",
    "restore": "streams.operate.cli:restore_command",
    "size": "streams.operate.cli:size_command",
    "report": "streams.report.cli:report_command",
    "alerts": "streams.signals.emerging.cli:alerts_group",
    "signals": "streams.signals.emerging.cli:signals_command",
}


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option("--verbose", "-v", is_flag=True, help="Log more to standard error.")
@click.version_option(package_name="escucha")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Escucha hears purchase intent in what people say, before they say it to you.

    \b
    First steps:
      escucha demo                    a stack, a story, and a page that fills up
      escucha up                      the local stack; then, in another terminal:
      escucha ingest posts.csv        send your own file through it
      escucha listen bluesky          hear a network as it speaks; no key needed
      escucha rules check FILE        write what to listen for; then preview and apply it
      escucha reconcile               prove that nothing was lost or counted twice
    """
    asked = context.ensure_object(Asked)
    asked.of_command(context.invoked_subcommand, language_of_environment())
    form, secrets = logging_of_environment()
    logs_room.configure(form, verbose=verbose, secrets=secrets)


def _stack_options(command: Command) -> Command:
    """Where the local stack keeps its things and listens."""
    options = (
        ("--broker-port", 9092, "of the Kafka broker"),
        ("--clickhouse-http-port", 8123, "of ClickHouse's HTTP interface"),
        ("--clickhouse-tcp-port", 9000, "of ClickHouse's native interface"),
        ("--console-port", 8080, "of the console"),
    )
    for name, default, what in reversed(options):
        variable = "ESCUCHA" + name.replace("-", "_").replace("__", "_").upper()
        command = click.option(
            name,
            default=default,
            type=click.IntRange(1, 65_535),
            envvar=variable,
            show_default=True,
            show_envvar=True,
            help=f"Port {what}.",
        )(command)
    command = click.option(
        "--metrics-port",
        default=0,
        type=click.IntRange(0, 65_000),
        help="Port of the first worker's metrics, the next has the next.  [default: any free ones]",
    )(command)
    command = click.option(
        "--workers",
        default=1,
        type=click.IntRange(0, 64),
        show_default=True,
        help="How many; 0: no upkeep either, which escucha restore wants.",
    )(command)
    return _run_dir_option(command)


def _run_dir_option(command: Command) -> Command:
    return click.option(
        "--run-dir",
        type=click.Path(path_type=Path),
        envvar="ESCUCHA_RUN_DIR",
        show_envvar=True,
        help="Data, logs and passwords of the local stack.  [default: .escucha]",
    )(command)


def _stack_config(run_dir: Path | None, **options: Any) -> Any:
    from deploy.local.config import StackConfig, default_run_dir

    prepare = (sys.executable, "-m", "streams.cli", "prepare")
    if options.get("workers") == 0:
        options["upkeep_command"] = None
    return StackConfig(
        run_dir=run_dir or default_run_dir(),
        migrate_command=prepare,
        workers_say_ready=True,
        start_timeout_seconds=START_TIMEOUT_SEC,
        **options,
    )


@cli.command()
@_stack_options
@click.option("--detach", is_flag=True, help="Return once everything is ready.")
def up(run_dir: Path | None, detach: bool, **options: int) -> None:
    """Start the local stack: broker, ClickHouse, workers, console. Ctrl-C stops all of it."""
    from deploy.local import control
    from streams.accounts.link import address

    config = _stack_config(run_dir, **options)

    def say(line: str) -> None:
        click.echo(line, err=True)
        if line.startswith("console ready"):  # to this terminal alone, never to a log
            base = f"http://127.0.0.1:{config.console_port}/"
            click.echo(f"Open {address(config.run_dir, base)}", err=True)

    sys.exit(control.up(config, detach=detach, say=say))


@cli.command()
@_run_dir_option
def down(run_dir: Path | None) -> None:
    """Stop the local stack."""
    from deploy.local import control

    control.down(run_dir)


@cli.command()
@_run_dir_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(run_dir: Path | None, as_json: bool) -> None:
    """Show each service of the local stack; exits 1 unless all are healthy."""
    from deploy.local.status import status as look

    found = look(run_dir)
    click.echo(msgspec.json.encode(found.as_json()) if as_json else found.table())
    sys.exit(0 if found.healthy else 1)


@cli.command()
@_run_dir_option
@click.argument("service", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come.")
@click.option("-n", "--lines", default=100, type=click.IntRange(min=0), show_default=True)
def logs(run_dir: Path | None, service: str | None, follow: bool, lines: int) -> None:
    """Print the logs of the local stack, of all services or of one."""
    from deploy.local import control

    control.logs(run_dir, service, follow=follow, lines=lines, emit=click.echo)


@cli.command()
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@_stack_options
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="How many times faster than written the live part of the story is told.",
)
@click.option("--browser/--no-browser", default=True, help="Open the page.  [default: browser]")
def demo(
    file: Path | None, run_dir: Path | None, pace: float, browser: bool, **options: int
) -> None:
    """Start a stack, tell the bundled story (or send FILE) through it, and open the page."""
    from streams.demo import run

    if options["workers"] == 0:
        raise click.UsageError("the demo needs a worker")
    sys.exit(run(_stack_config(run_dir, **options), file=file, pace=pace, browser=browser))


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def migrate(dry_run: bool) -> None:
    """Create or upgrade ClickHouse tables and Kafka topics; they only go forward."""
    from streams.migrate import migrate as run_migrations

    run_migrations(local_settings(), dry_run=dry_run, say=click.echo)


@cli.command()
def prepare() -> None:
    """Do what a worker needs before it starts: migrate, and train a model if there is none."""
    from streams import training
    from streams.migrate import migrate as run_migrations

    settings = Settings.from_environment()
    run_migrations(settings, dry_run=False, say=click.echo)
    training.train_if_missing(settings, say=click.echo)


@cli.command()
def worker() -> None:
    """Run one worker: from Kafka to ClickHouse, until a signal."""
    # scikit-learn imports them where they are installed (pandas is, for chdb): 45 MB for nothing.
    sys.meta_path.insert(0, _NotNeeded)
    choose_arrow_pool()
    from streams import worker as room

    room.run(Settings.from_environment())


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def reconcile(as_json: bool) -> None:
    """Compare Kafka, ledger, tables and views; exits 1 unless all is exact."""
    from streams import reconcile as room

    balance = room.reconcile(local_settings())
    click.echo(msgspec.json.encode(balance) if as_json else room.describe(balance))
    sys.exit(1 if balance.problems else 0)


@cli.group("dead-letters")
def dead_letters() -> None:
    """List, show and replay records that could not be processed."""


_one_topic = click.option(
    "--topic", default="", metavar="TOPIC", help="Only letters of this topic, as orders.v1."
)


@dead_letters.command("list")
@_one_topic
def list_dead_letters(topic: str) -> None:
    """Reasons with how many letters each has, the most frequent first."""
    from streams import dead_letters as room
    from streams.migrate import connect

    found, more = room.reasons(connect(local_settings(), in_database=True), topic=topic)
    for reason in found:
        click.echo(f"{reason.waiting:>8} of {reason.letters:<8} {reason.stage:<9} {reason.reason}")
    if more:
        click.echo(f"{more} more reasons, each with no more letters than the last one.", err=True)


@dead_letters.command("show")
@click.argument("name", metavar="TOPIC/PARTITION/OFFSET")
def show_dead_letter(name: str) -> None:
    """One letter with its reason and its bytes, as JSON (bytes in base64)."""
    from streams import dead_letters as room
    from streams.migrate import connect

    letter = room.show(connect(local_settings(), in_database=True), name)
    click.echo(msgspec.json.format(msgspec.json.encode(letter)))


@dead_letters.command("replay")
@_one_topic
@click.option("--reason", default="", help="Only letters whose reason contains this.")
@click.option("--max-letters", default=1_000, type=click.IntRange(min=1), show_default=True)
@click.option("--dry-run/--no-dry-run", default=True, show_default=True)
def replay_dead_letters(topic: str, reason: str, max_letters: int, dry_run: bool) -> None:
    """Send letters that were never replayed back to their topic, oldest first."""
    from streams import dead_letters as room
    from streams.migrate import connect

    settings = local_settings()
    client = connect(settings, in_database=True)
    letters = room.waiting(client, reason_contains=reason, topic=topic, limit=max_letters)
    if dry_run:
        for letter in letters:
            click.echo(f"{letter.name}: {letter.reason}")
        click.echo(f"{len(letters)} letters would be sent again; add --no-dry-run", err=True)
    else:
        click.echo(f"{room.replay(settings, client, letters)} letters sent again")


def main() -> None:
    """Run the command line; errors of the user's making are one line on standard error."""
    logs_room.tell_of_faults()
    asked = Asked(language_of_environment())
    try:
        sys.exit(cli(standalone_mode=False, obj=asked) or 0)
    except (EscuchaError, LocalStackError, ModelError) as error:
        words = str(error) if asked.language == "en" else _told().error_in(error, asked.language)
        click.echo(logs_room.blotted(f"escucha: {words}"), err=True)
        sys.exit(1)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except click.ClickException as error:
        if asked.language == "en" or isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
        else:
            click.echo(_told().usage_in(error, asked.language), err=True)
        sys.exit(error.exit_code)


def _told() -> Any:
    """The words of errors in other languages, which no command needs that goes well."""
    return importlib.import_module("streams.operate.told")


if __name__ == "__main__":
    main()
