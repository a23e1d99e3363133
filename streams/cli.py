"""Every command; each only parses its words and calls the room that does the work."""

import logging
import sys

import click

from streams.errors import EscuchaError
from streams.settings import Settings

log = logging.getLogger(__name__)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--verbose", "-v", is_flag=True, help="Log more to standard error.")
@click.version_option(package_name="escucha")
def cli(verbose: bool) -> None:
    """Escucha hears purchase intent in what people say, before they say it to you."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def migrate(dry_run: bool) -> None:
    """Create or upgrade ClickHouse tables and Kafka topics."""
    from streams.migrate import migrate as run_migrations

    run_migrations(Settings.from_environment(), dry_run=dry_run, say=click.echo)


@cli.command()
def worker() -> None:
    """Run one worker: from mentions.raw.v1 to ClickHouse, until a signal."""
    from streams import worker as room

    room.run(Settings.from_environment())


def main() -> None:
    """Run the command line; errors of the user's making are one line on standard error."""
    try:
        cli(standalone_mode=False)
    except EscuchaError as error:
        click.echo(f"escucha: {error}", err=True)
        sys.exit(1)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
