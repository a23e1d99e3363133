"""`escucha upkeep`."""

import sys

import click


@click.command("upkeep")
@click.option("--once", is_flag=True, help="One round, for a scheduler of your own.")
@click.option(
    "--every-sec", default=10.0, type=click.FloatRange(min=0.1), show_default=True, help="Pause."
)
@click.option(
    "--retention-days",
    default="",
    envvar="ESCUCHA_RETENTION_DAYS",
    show_envvar=True,
    metavar="TABLE=DAYS,…",
    help="For example mentions=90,dead_letters=7; 0 keeps for ever.",
)
def upkeep_command(once: bool, every_sec: float, retention_days: str) -> None:
    """Carry out deletions and edits, and drop what is past its retention; until a signal."""
    from streams.local import local_settings
    from streams.privacy.retention import Retention
    from streams.upkeep import service

    settings = local_settings()
    jobs = service.standard_jobs(settings, Retention.parse(retention_days))
    sys.exit(service.run(settings, jobs, once=once, every_sec=every_sec))
