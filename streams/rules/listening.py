"""`listening.yaml`: what an operator listens for."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Rule = Annotated[str, Meta(min_length=1)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the file."""


class AccountId(_Part, frozen=True, kw_only=True):
    """An account by what its network calls it for ever."""

    source: Name
    id: Name


class Product(_Part, frozen=True, kw_only=True):
    """A product; who names it names its brand."""

    name: Name
    names: tuple[Name, ...] = ()  # further spellings


class Brand(_Part, frozen=True, kw_only=True):
    """A brand to listen for; `own` marks the operator's, the others are rivals."""

    name: Name
    own: bool = False
    match_name: bool = True  # false: the name is only shown, since it is a common word
    names: tuple[Name, ...] = ()  # further spellings
    handles: tuple[Name, ...] = ()
    accounts: tuple[AccountId, ...] = ()
    products: tuple[Product, ...] = ()
    rule: Rule | None = None  # names the brand, too
    exclude: Rule | None = None  # whatever else says so: not this brand


class Topic(_Part, frozen=True, kw_only=True):
    """Something people talk about."""

    name: Name
    rule: Rule
    exclude: Rule | None = None


class Campaign(_Part, frozen=True, kw_only=True):
    """A topic with dates, in UTC, both included."""

    name: Name
    rule: Rule
    brand: str = ""
    start: date | None = msgspec.field(name="from", default=None)
    end: date | None = msgspec.field(name="to", default=None)
    exclude: Rule | None = None


class Listening(_Part, frozen=True, kw_only=True):
    """The whole file, with the interests in force."""

    brands: tuple[Brand, ...] = ()
    topics: tuple[Topic, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    attributes: tuple[Topic, ...] = ()  # of the experience that the brand claims
    interests: tuple[Topic, ...] | None = None  # none: the bundled ones
    care_accounts: tuple[Name, ...] = ()
    employees: tuple[Name, ...] = ()
    keep: dict[str, Literal["everything", "matched"]] = {}  # by source, and `default`


class InterestsFile(_Part, frozen=True, kw_only=True):
    """`interests.yaml`."""

    interests: tuple[Topic, ...]


SECTIONS = ("brands", "topics", "campaigns", "attributes", "interests")
