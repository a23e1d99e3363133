"""The command `console`: the page of `dashboards`, and what keeps what people do there."""

import click

from streams.accounts import link, provider
from streams.errors import SettingsError
from streams.settings import Settings

NOBODY_COULD_SIGN_IN = (
    "this console would be reached from other machines (ESCUCHA_CONSOLE_HOST={host}) and nobody"
    " could sign in. Add a first user: escucha users add NAME --role admin. Or name a provider of"
    " OpenID Connect: ESCUCHA_OIDC_ISSUER"
)


@click.command("console")
def console_command() -> None:
    """Serve the local page: panels of the Grafana dashboards, and pages to work on."""
    from dashboards.console import ConsoleConfig, ProviderConfig, Writers, serve
    from streams.accounts.keeper import Keeper
    from streams.desk import Desk
    from streams.listening.desk import RulesDesk
    from streams.listening.searching import Searching
    from streams.modelling.keeper import ModelKeeper
    from streams.producers.labels import LabelWriter
    from streams.signals.emerging.acting import AlertDesk

    settings = Settings.from_environment()
    has_provider = provider.check(settings)
    config = ConsoleConfig(
        clickhouse_url=settings.clickhouse_url,
        ca_file=settings.clickhouse_ca_file,
        user=settings.clickhouse_reader_user,
        password=settings.clickhouse_reader_password,
        database=settings.clickhouse_database,
        host=settings.console_host,
        port=settings.console_port,
        allowed_hosts=_names(settings.console_hosts),
        proxies=_names(settings.console_proxies),
        public_url=settings.console_url,
        provider=ProviderConfig(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            public_url=settings.console_url,
            label=settings.oidc_label,
            scopes=settings.oidc_scopes,
            name_claim=settings.oidc_name_claim,
            role_claim=settings.oidc_role_claim,
            roles=provider.roles(settings),
            ca_file=settings.oidc_ca_file,
        )
        if has_provider
        else None,
    )
    opens_by_link = config.is_loopback and not has_provider
    with (
        LabelWriter(settings.kafka) as labels,
        Desk(settings) as desk,
        AlertDesk(settings) as alerts,
        RulesDesk(settings) as rules,
        ModelKeeper(settings, may_change=settings.console_labels) as models,
        Keeper(settings, opens_by_link=opens_by_link) as keeper,
    ):
        has_nobody = keeper.is_empty()
        if opens_by_link and has_nobody is not False:
            link.offer(settings.run_dir)
        elif has_nobody and not has_provider:
            raise SettingsError(NOBODY_COULD_SIGN_IN.format(host=settings.console_host))
        elif config.is_loopback:
            link.withdraw(settings.run_dir)
        takes = settings.console_labels
        serve(
            config,
            Writers(
                labels=labels.save if takes else None,
                desk=desk if takes else None,
                alerts=alerts if takes else None,
                rules=rules if takes else None,
                models=models,
                search=Searching(settings),  # it only reads
                accounts=keeper,
            ),
        )


def _names(said: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in said.split(",") if name.strip())
