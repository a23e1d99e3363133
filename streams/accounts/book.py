"""Accounts, and changes of them: each is the next version of one name, and two at once cannot be.

A change ends the sessions of its account, since a session holds for one version.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, get_args

from clickhouse_connect.driver.client import Client

from schemas.accounts import ONE_PERSON, Identity, Role, account_name
from streams.accounts import passwords
from streams.accounts.passwords import STRONG, Work
from streams.errors import InputError, SinkUnavailableError
from streams.tokens import until_kept

_COLUMNS = (
    "name", "version", "event_id", "event", "role", "password", "provider", "subject",
    "is_disabled", "made_by",
)  # fmt: skip
_SELECT = (
    "SELECT name, version, role, password, provider, subject, is_disabled, made_by, made_at"
    " FROM console_accounts"
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account as it stands."""

    name: str
    version: int = 0
    role: Role
    password: str = field(default="", repr=False)
    provider: str = ""
    subject: str = ""
    is_disabled: bool = False
    made_by: str = ""
    made_at: datetime | None = None


def is_empty(client: Client) -> bool:
    """Whether there was never an account."""
    return not client.query("SELECT 1 FROM console_accounts LIMIT 1").result_rows


def all_accounts(client: Client) -> list[Account]:
    """Every account by its name."""
    rows = client.query(f"{_SELECT} ORDER BY name, version DESC, made_at LIMIT 1 BY name")
    return [_account(row) for row in rows.result_rows]


def find(client: Client, name: str) -> Account | None:
    """The account of a name; None when there is none."""
    rows = client.query(
        f"{_SELECT} WHERE name = {{name:String}} ORDER BY version DESC, made_at LIMIT 1",
        {"name": name},
    ).result_rows
    return _account(rows[0]) if rows else None


def add(
    client: Client, said_name: str, role: Role, password: str, made_by: str, work: Work = STRONG
) -> Account:
    """A new local user; raises InputError when the name is taken or one of the words is no good."""
    name = _good_name(said_name)
    if problem := passwords.problem_with(password, name):
        raise InputError(problem)
    if find(client, name):
        raise InputError(
            f"there is a user {name} already; see escucha users list, and escucha users role,"
            " password and enable to change one"
        )
    kept = passwords.hashed(password, work)
    account = Account(name=name, role=role, password=kept, made_by=made_by)
    return _append(client, account, "added")


def set_role(client: Client, name: str, role: Role, made_by: str) -> Account:
    """The account with another role; raises InputError."""
    account = replace(_existing(client, name), role=role, made_by=made_by)
    if account.provider:
        raise InputError(
            f"{account.name} signs in at {account.provider}, which gives the role by its claims"
        )
    return _append(client, account, "role")


def set_password(
    client: Client, name: str, password: str, made_by: str, work: Work = STRONG
) -> Account:
    """The account with another password; raises InputError."""
    account = _existing(client, name)
    if account.provider:
        raise InputError(f"{account.name} has no password here and signs in at {account.provider}")
    if problem := passwords.problem_with(password, account.name):
        raise InputError(problem)
    changed = replace(account, password=passwords.hashed(password, work), made_by=made_by)
    return _append(client, changed, "password")


def set_disabled(client: Client, name: str, is_disabled: bool, made_by: str) -> Account:
    """The account shut or open again; raises InputError."""
    account = replace(_existing(client, name), is_disabled=is_disabled, made_by=made_by)
    return _append(client, account, "disabled" if is_disabled else "enabled")


def of_provider(client: Client, identity: Identity) -> Account | None:
    """The account that a provider vouches for, made or changed as its claims say.

    None when the name is somebody else's, here or there, or cannot be a name.
    """
    name = account_name(identity.name)
    if not name or name == ONE_PERSON or identity.role is None:
        return None
    account = find(client, name)
    if account is None:
        account = Account(
            name=name,
            role=identity.role,
            provider=identity.issuer,
            subject=identity.subject,
            made_by=identity.issuer,
        )
        return _append(client, account, "added")
    if (account.provider, account.subject) != (identity.issuer, identity.subject):
        return None
    if account.role != identity.role and not account.is_disabled:
        changed = replace(account, role=identity.role, made_by=identity.issuer)
        return _append(client, changed, "provider")
    return account


def _existing(client: Client, said_name: str) -> Account:
    account = find(client, account_name(said_name))
    if account is None:
        raise InputError(f"there is no user {said_name}; see escucha users list")
    return account


def _good_name(said: str) -> str:
    name = account_name(said)
    if not name:
        raise InputError("a name begins with a letter or digit, then also has . _ - + and @")
    if name == ONE_PERSON:
        raise InputError(f"{ONE_PERSON} is who opens a console without accounts; take another name")
    return name


def _append(client: Client, account: Account, event: str) -> Account:
    """Write the account as its next version; raises InputError when somebody else was first."""
    event_id, version = str(uuid.uuid4()), account.version + 1
    row = [
        account.name, version, event_id, event, account.role, account.password, account.provider,
        account.subject, int(account.is_disabled), account.made_by,
    ]  # fmt: skip

    def write(token: str) -> str:
        client.insert(
            "console_accounts",
            [row],
            column_names=_COLUMNS,
            settings={"insert_deduplication_token": token},
        )
        [[kept]] = client.query(
            "SELECT argMin(event_id, (made_at, event_id)) FROM console_accounts"
            " WHERE name = {name:String} AND version = {version:UInt32}",
            {"name": account.name, "version": version},
        ).result_rows
        return str(kept)

    kept = until_kept(f"{account.name}/{version}", write)
    if kept is None:
        raise SinkUnavailableError("ClickHouse kept nothing of what it took; try again")
    if kept != event_id:
        raise InputError(f"somebody else has just changed {account.name}; look and try again")
    return replace(account, version=version)


def _account(row: Sequence[Any]) -> Account:
    name, version, role, password, provider, subject, is_disabled, made_by, made_at = row
    if role not in get_args(Role):
        raise InputError(f"{name} has the role {role}, which this version does not know")
    return Account(
        name=name,
        version=version,
        role=role,
        password=password,
        provider=provider,
        subject=subject,
        is_disabled=bool(is_disabled),
        made_by=made_by,
        made_at=made_at,
    )
