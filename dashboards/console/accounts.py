"""What knows the users, as the console asks it; who makes a console hands it over."""

import hashlib
import hmac
from typing import Final, Protocol

from schemas.accounts import AuditEntry, Began, Errand, Identity, Looked

CSRF_HEADER: Final = "x-escucha-csrf"


class Accounts(Protocol):
    """Accounts, sessions and the log of acts; it answers for each call, and raises nothing."""

    async def by_password(self, name: str, password: str, place: str) -> Began:
        """A session for who knows the password."""
        ...

    async def by_link(self, token: str, place: str) -> Began:
        """A session for who has the one-time token of a console without accounts."""
        ...

    async def by_provider(self, identity: Identity, place: str) -> Began:
        """A session for whom a provider vouches for."""
        ...

    async def whose(self, token: str) -> Looked:
        """Whose session it is."""
        ...

    async def end(self, token: str, place: str) -> str:
        """Sign out; returns why it could not be done."""
        ...

    async def note(self, entry: AuditEntry) -> None:
        """Keep in the log what somebody did."""
        ...

    async def takes_links(self) -> bool:
        """Whether a one-time token would open a session now."""
        ...

    async def send_off(self, errand: Errand) -> str:
        """Keep what a sign-in at a provider must come back with; its state, "" when it is away."""
        ...

    async def come_back(self, state: str) -> Errand | None:
        """What belongs to a state, once."""
        ...


def csrf_of(token: str) -> str:
    """What a page must send with every post: only who is told the session's own can know it."""
    return hmac.new(token.encode(), b"escucha csrf", hashlib.sha256).hexdigest()
