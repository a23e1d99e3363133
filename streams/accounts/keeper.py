"""What the console is handed to know its users by: it answers for each call and raises nothing."""

import asyncio
import logging
import secrets
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.accounts import (
    ONE_PERSON,
    AuditEntry,
    Began,
    Errand,
    How,
    Identity,
    Looked,
    account_name,
)
from streams.accounts import audit, book, link, passwords, sessions
from streams.accounts.book import Account
from streams.accounts.passwords import STRONG, Work
from streams.errors import EscuchaError
from streams.migrate import connect
from streams.settings import Settings

T = TypeVar("T")

LOG = logging.getLogger(__name__)
ERRAND_MIN: Final = 10  # how long somebody may take at the provider
UNREADABLE: Final = "?"  # a name that is none is noted as this: it may be a mistyped password
_WAIT_SEC: Final = audit.WITHIN_MIN * 60


class Keeper:
    """Accounts, sessions and log; connects when it is first asked, as the desk does."""

    def __init__(self, settings: Settings, *, opens_by_link: bool, work: Work = STRONG) -> None:
        """`opens_by_link`: while there is no account, who has the run directory's token is in.

        `work` is what the passwords were kept with, and is done for a name that is nobody's too.
        """
        self._settings = settings
        self._opens_by_link = opens_by_link
        self._work = work
        self._client: Client | None = None
        self._lock = threading.Lock()  # one session, which takes one statement at a time
        # Attempts one after the other, in a thread of their own: many at once would all be before
        # the first was counted, each takes 32 MiB, and those who wait must not keep the threads
        # that look up sessions.
        self._attempts = ThreadPoolExecutor(1, "sign-in")

    async def by_password(self, name: str, password: str, place: str) -> Began:
        """A session for who knows the password; the same answer for any that is wrong."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._attempts, self._by_password, name, password, place)

    async def by_link(self, token: str, place: str) -> Began:
        """A session for who has the one-time token, as long as there are no accounts."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._attempts, self._by_link, token, place)

    async def by_provider(self, identity: Identity, place: str) -> Began:
        """A session for whom a provider vouches for."""
        return await asyncio.to_thread(self._by_provider, identity, place)

    async def whose(self, token: str) -> Looked:
        """Whose session it is."""

        def ask(client: Client) -> Looked:
            session = sessions.look(client, token)
            if session is None or (session.signed.how == "link" and not self._opens_by_link):
                return Looked()
            return Looked(session.signed)

        return await asyncio.to_thread(self._answered, ask, lambda why: Looked(away=why))

    async def end(self, token: str, place: str) -> str:
        """Sign out; returns why it could not be done, "" once it is."""

        def act(client: Client) -> str:
            signed = sessions.end(client, token)
            if signed:
                entry = AuditEntry(signed.name, "sign_out", place, "done", role=signed.role)
                audit.note(client, entry)
            return ""

        return await asyncio.to_thread(self._answered, act, lambda why: why)

    async def note(self, entry: AuditEntry) -> None:
        """Return once the act is noted, or in the program's log when ClickHouse is away."""

        def act(client: Client) -> str:
            audit.note(client, entry)
            return ""

        if why := await asyncio.to_thread(self._answered, act, lambda why: why):
            LOG.error("not in the audit log (%s): %s", why, entry)

    async def takes_links(self) -> bool:
        """Whether the one-time address would open a session now."""
        if not self._opens_by_link:
            return False
        return await asyncio.to_thread(self._answered, book.is_empty, lambda _: True)

    async def send_off(self, errand: Errand) -> str:
        """Keep what a sign-in at a provider must come back with; returns its state, "" if away."""
        state = secrets.token_urlsafe(sessions.TOKEN_BYTES)

        def act(client: Client) -> str:
            _insert_errand(client, state, "sent", errand)
            return state

        return await asyncio.to_thread(self._answered, act, lambda _: "")

    async def come_back(self, state: str) -> Errand | None:
        """What belongs to the state, once; None if it is unknown, old, or was back before."""
        return await asyncio.to_thread(
            self._answered, lambda client: _come_back(client, state), lambda _: None
        )

    def is_empty(self) -> bool | None:
        """Whether there was never an account; None when ClickHouse cannot be asked."""
        return self._answered(book.is_empty, lambda _: None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._attempts.shutdown(cancel_futures=True)
        self._leave()

    def _by_password(self, said_name: str, password: str, place: str) -> Began:
        name = account_name(said_name) or UNREADABLE

        def limited(client: Client) -> Began | Account | None:
            if audit.failed_too_often(client, name, place):
                audit.note(client, AuditEntry(name, "sign_in", place, "refused", detail="too_many"))
                return Began(refusal="too_many", wait_sec=_WAIT_SEC)
            return book.find(client, name)

        found = self._answered(limited, _away)
        if isinstance(found, Began):
            return found
        kept = found.password if found else ""
        is_right = passwords.matches(password, kept, self._work)
        if not is_right or found is None or found.is_disabled:
            return self._answered(lambda client: _wrong(client, name, place), _away)
        return self._answered(lambda client: _begun(client, found, "password", place), _away)

    def _by_link(self, token: str, place: str) -> Began:
        def act(client: Client) -> Began:
            if audit.failed_too_often(client, ONE_PERSON, place):
                return Began(refusal="too_many", wait_sec=_WAIT_SEC)
            if not book.is_empty(client) or not link.take(self._settings.run_dir, token):
                return _wrong(client, ONE_PERSON, place)
            return _begun(client, Account(name=ONE_PERSON, role="admin"), "link", place)

        if not self._opens_by_link:
            return Began(refusal="wrong")
        return self._answered(act, _away)

    def _by_provider(self, identity: Identity, place: str) -> Began:
        def act(client: Client) -> Began:
            name = account_name(identity.name) or UNREADABLE
            account = book.of_provider(client, identity)
            if account is None:
                why = "no_role" if identity.role is None else "taken"
                audit.note(client, AuditEntry(name, "sign_in", place, "refused", detail=why))
                return Began(refusal="no_role" if identity.role is None else "taken")
            if account.is_disabled:
                audit.note(client, AuditEntry(name, "sign_in", place, "refused", detail="disabled"))
                return Began(refusal="disabled")
            return _begun(client, account, "provider", place)

        return self._answered(act, _away)

    def _answered(self, work: Callable[[Client], T], away: Callable[[str], T]) -> T:
        with self._lock:
            try:
                if self._client is None:
                    self._client = connect(self._settings, in_database=True)
                return work(self._client)
            except EscuchaError as error:
                return away(str(error))
            except (ClickHouseError, OSError) as error:
                self._leave()
                return away(f"ClickHouse says: {str(error)[:200]}")

    def _leave(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.close()


def _away(why: str) -> Began:
    return Began(refusal="away", reason=why)


def _wrong(client: Client, name: str, place: str) -> Began:
    audit.note(client, AuditEntry(name, "sign_in", place, "refused", detail="wrong"))
    return Began(refusal="wrong")


def _begun(client: Client, account: Account, how: How, place: str) -> Began:
    token = sessions.begin(client, account, how)
    audit.note(
        client,
        AuditEntry(account.name, "sign_in", place, "done", role=account.role, detail=how),
    )
    return Began(token)


def _insert_errand(client: Client, state: str, kind: str, errand: Errand) -> str:
    event_id, state_hash = str(uuid.uuid4()), sessions.hash_of(state)
    client.insert(
        "console_sign_ins",
        [[state_hash, kind, event_id, errand.nonce, errand.verifier, errand.next]],
        column_names=["state_hash", "kind", "event_id", "nonce", "verifier", "next"],
        settings={"insert_deduplication_token": f"{state_hash}/{kind}"},
    )
    return event_id


def _come_back(client: Client, state: str) -> Errand | None:
    rows = client.query(
        "SELECT nonce, verifier, next FROM console_sign_ins"
        " WHERE state_hash = {state_hash:String} AND kind = 'sent'"
        " AND made_at > now64(3) - INTERVAL {within:UInt32} MINUTE LIMIT 1",
        {"state_hash": sessions.hash_of(state), "within": ERRAND_MIN},
    ).result_rows
    if not rows:
        return None
    event_id = _insert_errand(client, state, "back", Errand("", "", ""))
    [[first]] = client.query(
        "SELECT argMin(event_id, (made_at, event_id)) FROM console_sign_ins"
        " WHERE state_hash = {state_hash:String} AND kind = 'back'",
        {"state_hash": sessions.hash_of(state)},
    ).result_rows
    return Errand(*rows[0]) if first == event_id else None
