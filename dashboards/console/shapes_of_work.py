"""What the pages to work on ask in their addresses, for the description of the API."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.search import Format

Share = Annotated[float, Meta(ge=0, le=1)]


class WantedAsk(msgspec.Struct, frozen=True):
    """Filters of mentions; what is left out asks for all."""

    brand: str = ""
    topic: str = ""
    lang: str = ""
    source: str = ""
    intent: Literal["", "yes"] = ""
    least: Annotated[float, Meta(ge=0, le=1, description="Probability of intent.")] = 0.0


class SearchAsk(msgspec.Struct, frozen=True, rename={"rule": "q", "since": "from", "until": "to"}):
    """A search: a rule (empty: all), a period as Grafana writes it, and filters."""

    rule: Annotated[str, Meta(examples=["buy NEAR/3 headphones"])] = ""
    since: Annotated[str, Meta(examples=["now-7d"])] = "now-7d"
    until: Annotated[str, Meta(examples=["now"])] = "now"
    brand: str = ""
    topic: str = ""
    lang: str = ""
    source: str = ""
    intent: Literal["", "yes"] = ""
    least: Share = 0.0


class PageAsk(SearchAsk, frozen=True):
    """A page of what a search finds."""

    after: Annotated[str, Meta(description="Where the page before ended.")] = ""
    count: Literal["", "yes"] = ""


class ExportAsk(SearchAsk, frozen=True):
    """A file of what a search finds."""

    format: Format = "csv"


class RuleAsk(msgspec.Struct, frozen=True, rename={"rule": "q"}):
    """A rule to look over."""

    rule: str = ""


class AlertsAsk(msgspec.Struct, frozen=True):
    """Which alerts; `id` asks for one."""

    id: str = ""
    series: str = ""
    lang: str = "*"
    severity: Annotated[int, Meta(ge=1, le=10, description="At least.")] = 1
    state: Literal["all", "now", "open", "fading", "closed", "acknowledged", "snoozed"] = "all"


class IdAsk(msgspec.Struct, frozen=True):
    """One of them."""

    id: str


class NumberAsk(msgspec.Struct, frozen=True):
    """Rules by their number; 0 are those that a release brings along."""

    number: Annotated[int, Meta(ge=0)]


class VersionAsk(msgspec.Struct, frozen=True):
    """A version of the model."""

    version: str
