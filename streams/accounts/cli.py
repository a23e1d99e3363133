"""`escucha users`: who may use the console, and what they did there."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import get_args

import click
import msgspec
from clickhouse_connect.driver.client import Client

from schemas.accounts import AuditEntry, Role
from streams.accounts.book import Account
from streams.errors import InputError

PLACE = "command line"
MAX_FILE_BYTES = 4_096

_role = click.Choice(get_args(Role))
_password_file = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Read the password from a file, or from standard input for -. Else it is asked for.",
)


@click.group("users")
def users() -> None:
    """Who may use the console: viewer, agent, analyst or admin, each may what those before may.

    \b
      escucha users add ana --role admin      asks for a password
      escucha users role ana analyst          ends her sessions; she signs in anew
      escucha users audit --who ana           what she did there
    """


@users.command("add")
@click.argument("name")
@click.option("--role", type=_role, required=True, help="What the user may do.")
@_password_file
def add(name: str, role: Role, password_file: Path | None) -> None:
    """Add a user NAME who signs in with a password of at least 12 characters."""
    from streams.accounts import book

    password = _password(password_file)
    _change("add", name, lambda client, by: book.add(client, name, role, password, by))
    click.echo(f"{name} may sign in as {role}")


@users.command("password")
@click.argument("name")
@_password_file
def password(name: str, password_file: Path | None) -> None:
    """Give NAME another password; sessions of the old one are over."""
    from streams.accounts import book

    said = _password(password_file)
    _change("password", name, lambda client, by: book.set_password(client, name, said, by))
    click.echo(f"{name} has a new password")


@users.command("role")
@click.argument("name")
@click.argument("role", type=_role)
def role(name: str, role: Role) -> None:
    """Make NAME a viewer, agent, analyst or admin; sessions are over."""
    from streams.accounts import book

    _change("role", name, lambda client, by: book.set_role(client, name, role, by), detail=role)
    click.echo(f"{name} is {role}")


@users.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Let NAME in no more; sessions are over at once. What was done under the name stays."""
    from streams.accounts import book

    _change("disable", name, lambda client, by: book.set_disabled(client, name, True, by))
    click.echo(f"{name} is disabled")


@users.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let NAME in again."""
    from streams.accounts import book

    _change("enable", name, lambda client, by: book.set_disabled(client, name, False, by))
    click.echo(f"{name} is enabled")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_users(as_json: bool) -> None:
    """Everybody with their role, and where they sign in."""
    from streams.accounts import book

    with _connected() as client:
        accounts = book.all_accounts(client)
    if as_json:
        click.echo(msgspec.json.encode([_told(account) for account in accounts]))
        return
    for account in accounts:
        state = "disabled" if account.is_disabled else account.role
        where = account.provider or "password"
        click.echo(f"{account.name:<24} {state:<9} {account.made_at:%Y-%m-%d %H:%M}  {where}")
    if not accounts:
        click.echo("nobody yet: escucha users add NAME --role admin", err=True)


@users.command("audit")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 3_650))
@click.option("--who", default="", help="Only what this user did.")
@click.option("--act", default="", help="Only this, as sign_in or /api/leads/change.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def audit_command(days: int, who: str, act: str, limit: int, as_json: bool) -> None:
    """Who did what at the console, the newest first: sign-ins, refusals, changes, exports."""
    from streams import clock
    from streams.accounts import audit

    with _connected() as client:
        since = clock.now() - timedelta(days=days)
        for entry in audit.entries(client, since=since, who=who, act=act, limit=limit):
            if as_json:
                click.echo(msgspec.json.encode(entry))
                continue
            what = " ".join(filter(None, (entry["act"], entry["thing"], entry["subject"])))
            how = " ".join(filter(None, (entry["outcome"], entry["detail"])))
            click.echo(
                f"{entry['at']:%Y-%m-%d %H:%M:%S}  {_plain(entry['who']):<20} {how:<18} "
                f"{_plain(what)}  {entry['place']}"
            )


@users.command("link")
def link_command() -> None:
    """The one-time address of a console on this machine that has no users yet."""
    from streams.accounts import link
    from streams.local import local_settings

    settings = local_settings()
    base = f"http://127.0.0.1:{settings.console_port}/"
    if not link.read(settings.run_dir):
        raise InputError(
            f"there is none in {settings.run_dir}: no console runs there, or it has users, who sign"
            f" in at {base}"
        )
    click.echo(link.address(settings.run_dir, base))


def _change(
    what: str, name: str, work: Callable[[Client, str], Account], *, detail: str = ""
) -> None:
    """Make the change and note it; raises InputError."""
    from streams.accounts import audit

    who = _operator()
    with _connected() as client:
        account = work(client, who)
        entry = AuditEntry(
            who,
            f"users {what}",
            PLACE,
            "done",
            thing="user",
            subject=account.name,
            detail=detail or account.role,
        )
        audit.note(client, entry)


@contextmanager
def _connected() -> Iterator[Client]:
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect

    with clickhouse_errors_as_ours(), connect(local_settings(), in_database=True) as client:
        yield client


def _operator() -> str:
    """Whose terminal it is, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "operator"


def _password(file: Path | None) -> str:
    if file is None:
        if not sys.stdin.isatty():
            raise InputError("there is nobody to ask for a password; use --password-file")
        said: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return said
    with click.open_file(str(file), encoding="utf-8") as lines:
        text = str(lines.read(MAX_FILE_BYTES))
    return text.removesuffix("\n").removesuffix("\r")


def _told(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role,
        "disabled": account.is_disabled,
        "provider": account.provider,
        "changed_at": account.made_at,
        "changed_by": account.made_by,
    }


def _plain(text: str) -> str:
    """Without what would move a terminal's cursor: somebody may have typed it at the sign-in."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
