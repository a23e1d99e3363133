"""The command `console`: the page of `dashboards`, and what keeps what people do there."""

import click

from streams.settings import Settings


@click.command("console")
def console_command() -> None:
    """Serve the local page: the dashboards, /labels, /leads, /care, /live and /search."""
    from dashboards.console import ConsoleConfig, Writers, serve
    from streams.desk import Desk
    from streams.listening.searching import Searching
    from streams.producers.labels import LabelWriter

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
    search = Searching(settings)  # it only reads, so it is there wherever the console listens
    with LabelWriter(settings.kafka) as labels, Desk(settings) as desk:
        takes = settings.console_takes_labels
        serve(
            config,
            Writers(labels=labels.save, desk=desk, search=search)
            if takes
            else Writers(search=search),
        )
