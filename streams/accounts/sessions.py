"""Who is signed in: sessions in ClickHouse, so that every console knows the same of them.

The browser keeps 256 random bits; what is stored is their hash. Times are ClickHouse's own.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from schemas.accounts import ONE_PERSON, How, Signed
from streams.accounts.book import Account

IDLE_MIN: Final = 2 * 60  # nothing asked for so long, and it is over
LONGEST_MIN: Final = 12 * 60  # and in any case after so long
SEEN_EVERY_MIN: Final = 5  # how exactly it is noted that something was asked
TOKEN_BYTES: Final = 32

_COLUMNS = (
    "token_hash", "name", "role", "account_version", "how", "began_at", "seen_at", "is_over",
)  # fmt: skip
# One row at most: a session that is neither over nor too old, if its account is still as it was.
_LOOK = """
WITH
    s AS (
        SELECT any(name) AS name, any(role) AS role, any(account_version) AS version,
            any(how) AS how, min(began_at) AS began_at, max(seen_at) AS seen_at,
            max(is_over) AS is_over
        FROM console_sessions
        WHERE token_hash = {token_hash:String}
        GROUP BY token_hash
    )
SELECT name, role, version, how, began_at,
    dateDiff('minute', seen_at, now64(3)) AS unseen_min
FROM s
WHERE NOT is_over
    AND began_at > now64(3) - INTERVAL {longest:UInt32} MINUTE
    AND seen_at > now64(3) - INTERVAL {idle:UInt32} MINUTE
    AND if(
        version = 0,
        name = {one_person:String} AND (SELECT count() FROM console_accounts) = 0,
        (name, version, 0) IN (
            SELECT name, max(version), argMax(is_disabled, version)
            FROM console_accounts
            GROUP BY name
        )
    )
"""


@dataclass(frozen=True, slots=True)
class Session:
    """One that holds; `unseen_min`: since it was last noted that something was asked."""

    signed: Signed
    account_version: int
    began_at: datetime
    unseen_min: int


def begin(client: Client, account: Account, how: How) -> str:
    """Start a session; returns what the browser keeps."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    [[now]] = client.query("SELECT now64(3, 'UTC')").result_rows
    row = [hash_of(token), account.name, account.role, account.version, how, now, now, 0]
    _insert(client, row)
    return token


def look(client: Client, token: str) -> Session | None:
    """Whose session it is; None when it does not hold."""
    rows = client.query(
        _LOOK,
        {
            "token_hash": hash_of(token),
            "longest": LONGEST_MIN,
            "idle": IDLE_MIN,
            "one_person": ONE_PERSON,
        },
    ).result_rows
    if not rows:
        return None
    name, role, version, how, began_at, unseen_min = rows[0]
    session = Session(Signed(name, role, how), version, began_at, unseen_min)
    if unseen_min >= SEEN_EVERY_MIN:
        [[now]] = client.query("SELECT now64(3, 'UTC')").result_rows
        _note(client, token, session, now, is_over=False)
    return session


def end(client: Client, token: str) -> Signed | None:
    """Make the session end for every console; returns whose it was, None when it was over."""
    session = look(client, token)
    if session is None:
        return None
    _note(client, token, session, session.began_at, is_over=True)
    return session.signed


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _note(client: Client, token: str, session: Session, seen: datetime, *, is_over: bool) -> None:
    signed = session.signed
    row = [
        hash_of(token), signed.name, signed.role, session.account_version, signed.how,
        session.began_at, seen, int(is_over),
    ]  # fmt: skip
    _insert(client, row)


def _insert(client: Client, row: list[object]) -> None:
    token = {"insert_deduplication_token": str(uuid.uuid4())}
    client.insert("console_sessions", [row], column_names=_COLUMNS, settings=token)
