"""`escucha upkeep`."""

import sys
import threading
from collections.abc import Callable
from functools import partial

import click


@click.command("upkeep")
@click.option("--once", is_flag=True, help="One round, for a scheduler of your own.")
@click.option(
    "--every-sec", default=10.0, type=click.FloatRange(min=0.1), show_default=True, help="Pause."
)
@click.option(
    "--with-signals",
    is_flag=True,
    help="Watch for emerging intent too, as escucha signals does: one program in place of two.",
)
def upkeep_command(once: bool, every_sec: float, with_signals: bool) -> None:
    """Carry out deletions and edits, collapse copies, compute customers' value, keep retention.

    Until a signal. ESCUCHA_RETENTION_DAYS says how long tables and topics keep what they have, for
    example mentions=90,dead_letters=7; 0 keeps for ever.
    """
    from streams.local import local_settings
    from streams.metrics import Metrics
    from streams.privacy.retention import Retention
    from streams.upkeep import service

    settings = local_settings()
    metrics = Metrics() if settings.metrics_port is not None and not once else None
    jobs = service.standard_jobs(
        settings, Retention.parse(settings.retention_days), metrics, waits=once
    )
    beside: Callable[[threading.Event], int] | None = None
    if with_signals:
        from streams.signals.emerging.service import watch_until
        from streams.signals.emerging.settings import DetectorSettings

        beside = partial(
            watch_until, settings=settings, detector=DetectorSettings(), ready=None, metrics=metrics
        )

    sys.exit(
        service.run(settings, jobs, once=once, every_sec=every_sec, metrics=metrics, beside=beside)
    )
