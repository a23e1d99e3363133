"""The command `console`: the page of `dashboards`, and what keeps what people do there."""

import click

from streams.settings import Settings


@click.command("console")
def console_command() -> None:
    """Serve the local page: panels of the Grafana dashboards, /labels, /leads and /care."""
    from dashboards.console import ConsoleConfig, Writers, serve
    from streams.desk import Desk
    from streams.modelling.keeper import ModelKeeper
    from streams.producers.labels import LabelWriter
    from streams.signals.emerging.acting import AlertDesk

    settings = Settings.from_environment()
    config = ConsoleConfig(
        clickhouse_url=settings.clickhouse_url,
        ca_file=settings.clickhouse_ca_file,
        user=settings.clickhouse_reader_user,
        password=settings.clickhouse_reader_password,
        database=settings.clickhouse_database,
        host=settings.console_host,
        port=settings.console_port,
        allowed_hosts=tuple(name.strip() for name in settings.console_hosts.split(",") if name),
    )
    with (
        LabelWriter(settings.kafka) as labels,
        Desk(settings) as desk,
        AlertDesk(settings) as alerts,
        ModelKeeper(settings, may_change=settings.console_takes_labels) as models,
    ):
        writers = Writers(labels=labels.save, desk=desk, alerts=alerts, models=models)
        serve(config, writers if settings.console_takes_labels else Writers(models=models))
