"""Who uses the console: roles, sessions, and what is noted of their acts.

What the console (which knows HTTP) and the pipeline (which keeps accounts) tell each other.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Role = Literal["viewer", "agent", "analyst", "admin"]
How = Literal["password", "link", "provider"]
Refusal = Literal["", "wrong", "too_many", "taken", "disabled", "no_role", "away"]
AuditOutcome = Literal["done", "refused", "failed"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)  # each may do what those before it may
ONE_PERSON: Final = "local"  # who opens a console that has no accounts
MAX_NAME_CHARS: Final = 64
MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 12, 200
MAX_DETAIL_CHARS: Final = 300

_NAME: Final = re.compile(r"[^\W_][\w.@+-]*")


def allows(role: Role, needed: Role) -> bool:
    """Whether a role may do what `needed` may."""
    return ROLES.index(role) >= ROLES.index(needed)


def account_name(said: str) -> str:
    """The name as it is kept: Ana and ana are one person; "" when it can be nobody's."""
    name = unicodedata.normalize("NFKC", said).strip().casefold()
    return name if _NAME.fullmatch(name) and len(name) <= MAX_NAME_CHARS else ""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in."""

    name: str
    role: Role
    how: How


@dataclass(frozen=True, slots=True)
class Began:
    """A session that began, by what its browser keeps, or why none did.

    `reason` says in words what is away and what helps; `wait_sec`, how long to wait at most.
    """

    token: str = field(default="", repr=False)
    refusal: Refusal = ""
    reason: str = ""
    wait_sec: int = 0


@dataclass(frozen=True, slots=True)
class Looked:
    """Whose a session is, None when it is over or none; `away`: why it could not be looked up."""

    signed: Signed | None = None
    away: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider of OpenID Connect vouches for, with the role its claims give; None: none."""

    issuer: str
    subject: str
    name: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Errand:
    """What a sign-in at a provider must come back with, kept meanwhile."""

    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    next: str = "/"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: who, what, on what, from where, and how it ended."""

    who: str
    act: str
    place: str
    outcome: AuditOutcome
    role: str = ""
    thing: str = ""
    subject: str = ""
    detail: str = ""
