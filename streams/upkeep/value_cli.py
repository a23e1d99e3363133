"""`escucha value settings | set | rate | link | unlink | run`."""

import getpass
from datetime import datetime
from decimal import Decimal, InvalidOperation

import click

TEXTS = frozenset({"currency", "ideas_topic"})  # the other settings are numbers
MAX_NUMBER = Decimal(10**9)


@click.group("value")
def value_group() -> None:
    """What the value of a social customer is computed by, and computing it now."""


@value_group.command("settings")
def settings_command() -> None:
    """Show all settings, and rates in force.

    \b
      escucha value settings
    """
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect

    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        rows = client.query(
            "SELECT name, number, text, about FROM value_settings FINAL ORDER BY name"
        ).result_rows
        rates = client.query(
            "SELECT currency, into, valid_from, rate FROM exchange_rates FINAL"
            " ORDER BY into, currency, valid_from"
        ).result_rows
    for name, number, text, about in rows:
        shown = (text or "—") if name in TEXTS else f"{number.normalize():f}"
        click.echo(f"{name:18} {shown:>10}  {about}")
    for currency, into, valid_from, rate in rates:
        click.echo(f"1 {currency} = {rate.normalize():f} {into} from {valid_from} on")


@value_group.command("set")
@click.argument("name")
@click.argument("value")
def set_command(name: str, value: str) -> None:
    """Set NAME to VALUE; the next run, and views of money at once, go by it.

    \b
      escucha value set influence_days 7
      escucha value set currency EUR
    """
    from streams.errors import InputError
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect

    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        rows = client.query("SELECT name, about FROM value_settings FINAL").result_rows
        about: dict[str, str] = dict(map(tuple, rows))
        if name not in about:
            raise InputError(f"there is no setting {name!r}; there are {', '.join(sorted(about))}")
        number, text = (Decimal(0), value) if name in TEXTS else (_number(value), "")
        client.insert(
            "value_settings",
            [[name, number, text, about[name], getpass.getuser()]],
            column_names=["name", "number", "text", "about", "set_by"],
        )
    click.echo(f"{name} is {value} from now on")


@value_group.command("rate")
@click.argument("currency")
@click.argument("rate")
@click.option("--into", required=True, help="The currency that amounts are told in.")
@click.option(
    "--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), required=True, help="From that day."
)
def rate_command(currency: str, rate: str, into: str, valid_from: datetime) -> None:
    """Say what one CURRENCY is worth, from a day on until the next rate.

    Amounts are converted when `currency` is set to the same as --into.

    \b
      escucha value rate USD 0.92 --into EUR --from 2026-01-01
    """
    from streams.errors import InputError
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect

    for code in (currency, into):
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            raise InputError(f"{code!r} is no currency; they are three capitals, for example EUR")
    worth = _number(rate)
    if worth == 0:
        raise InputError("a rate is above 0")
    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        client.insert(
            "exchange_rates",
            [[currency, into, valid_from.date(), worth, getpass.getuser()]],
            column_names=["currency", "into", "valid_from", "rate", "set_by"],
        )
    click.echo(f"1 {currency} is {rate} {into} from {valid_from:%Y-%m-%d} on")


@value_group.command("run")
def run_command() -> None:
    """Compute the value of social customers now; `escucha upkeep` does so by itself."""
    from streams.errors import InputError
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.upkeep import value
    from streams.upkeep.kept import begin_to_renew

    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        try:
            click.echo(f"run {value.compute(client)}")
            begin_to_renew(client)
        except value.Interrupted as error:
            raise InputError("escucha forget is at work; run it again when that is done") from error


@value_group.command("link")
@click.argument("accounts", nargs=-1, required=True)
def link_command(accounts: tuple[str, ...]) -> None:
    """Say that ACCOUNTS are one person's; each is NETWORK/HANDLE or an author_id.

    The person is then one in part_of_networks, with all networks and communities, and an order of
    one account closes the leads of all. Other figures stay by account.

    \b
      escucha value link bluesky/ana.example mastodon/ana@two.example
    """
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.upkeep.account_links import link

    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        click.echo(link(client, accounts, getpass.getuser()))


@value_group.command("unlink")
@click.argument("account")
def unlink_command(account: str) -> None:
    """Let ACCOUNT be a person of its own again."""
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.upkeep.account_links import unlink

    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        unlink(client, account, getpass.getuser())


def _number(value: str) -> Decimal:
    from streams.errors import InputError

    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(-1)
    if not (number.is_finite() and 0 <= number <= MAX_NUMBER):
        raise InputError(f"{value!r} is no number from 0 to {MAX_NUMBER:,}, for example 0.92")
    return number
