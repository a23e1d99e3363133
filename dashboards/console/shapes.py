"""What the API takes and gives, for its description. A test holds real answers against it.

Moments are milliseconds since 1970, as JavaScript counts them.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dashboards.console.labelling import MAX_LABELS
from schemas.business import Label
from schemas.mention import SourceName
from schemas.search import RuleProblem

Moment = Annotated[int, Meta(description="Milliseconds since 1970, UTC.")]


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer, with all its fields."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong and what helps; programs go by `code`."""

    error: str
    remedy: str
    code: str
    problems: dict[str, str] | list[RuleProblem] | UnsetType = UNSET  # of labels; of a search
    item: dict[str, Any] | UnsetType | None = UNSET


class BoardName(Shape, frozen=True, kw_only=True):
    """One dashboard in the menu."""

    uid: str
    title: str


class BoardsAnswer(Shape, frozen=True, kw_only=True):
    """The dashboards there are."""

    dashboards: list[BoardName]


class BoardAnswer(Shape, frozen=True, kw_only=True):
    """One dashboard: its panels as Grafana's JSON has them, without any SQL."""

    uid: str
    title: str
    description: str
    time: dict[str, str]
    refresh: str
    intervals: list[str]
    links: list[dict[str, Any]]
    panels: list[dict[str, Any]]


class Choice(Shape, frozen=True, kw_only=True):
    """One variable and what there is to choose from."""

    name: str
    label: str
    multi: bool
    options: list[str]


class ChoicesAnswer(Shape, frozen=True, kw_only=True):
    """The variables of a dashboard."""

    variables: list[Choice]


class PeriodAsk(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """A period as Grafana writes it; what is chosen of a variable is `var-NAME`, repeated."""

    since: Annotated[str, Meta(examples=["now-24h"])]
    until: Annotated[str, Meta(examples=["now"])]


class Column(Shape, frozen=True, kw_only=True):
    """A column of a table."""

    name: str
    kind: str


class PanelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A table (`columns`, `rows`) or, of a chart, series over a common axis (`times`, `series`)."""

    panel: int
    took_ms: float
    columns: list[Column] | UnsetType = UNSET
    rows: list[list[Any]] | UnsetType = UNSET
    times: list[Moment] | UnsetType = UNSET
    series: list[dict[str, Any]] | UnsetType = UNSET


class AnnotationsAnswer(Shape, frozen=True, kw_only=True):
    """Moments that every chart shows."""

    annotations: list[dict[str, Any]]


class LabellingAnswer(Shape, frozen=True, kw_only=True):
    """Whether labels can be saved here, and by which edition of the guide."""

    enabled: bool
    guide_version: str
    now: Moment


class OfferAnswer(Shape, frozen=True, kw_only=True):
    """Mentions to judge next."""

    mentions: list[dict[str, Any]]


class LabelsGiven(Shape, frozen=True, kw_only=True):
    """Labels, of which all are taken or none."""

    labels: Annotated[list[Label], Meta(min_length=1, max_length=MAX_LABELS)]


class SavedAnswer(Shape, frozen=True, kw_only=True):
    """How many labels were saved."""

    saved: int


class QueueAsk(msgspec.Struct, frozen=True):
    """Which items of a queue."""

    show: Literal["open", "closed", "all"] = "open"
    kind: str = ""
    owner: Annotated[str, Meta(description="A name, or - for nobody.")] = ""
    brand: str = ""


class Said(Shape, frozen=True, kw_only=True):
    """A mention that an item is about."""

    mention_id: str
    text: str
    lang: str
    url: str
    parent_text: str
    published_at: Moment
    intent: str
    stage: str
    sentiment: str
    acts: list[str]
    intent_words: list[str]
    products: list[str]


class Lead(Shape, frozen=True, kw_only=True):
    """Somebody who would buy."""

    source: SourceName
    author_id: str
    author_handle: str
    lead_kind: str
    best_id: str
    brands: list[str]
    topics: list[str]
    strength: float
    open_evidence: int
    all_evidence: int
    first_at: Moment
    last_at: Moment
    version: int
    owner: str
    note: str
    status: str
    is_open: bool | int
    due_at: Moment | None
    is_overdue: bool | int
    said: list[Said]


class LeadsAnswer(Shape, frozen=True, kw_only=True):
    """The queue of leads; `enabled`: whether who asks may change them here."""

    items: list[Lead]
    enabled: bool
    now: Moment


class CareItem(Shape, frozen=True, kw_only=True):
    """A mention that waits for a reply."""

    source: SourceName
    mention_id: str
    author_id: str
    author_handle: str
    asked_at: Moment
    due_at: Moment
    is_overdue: bool | int
    needs_reply: bool | int
    addressed: bool | int
    account: str
    sentiment: str
    brands: list[str]
    topics: list[str]
    lang: str
    reopens: int
    version: int
    owner: str
    status: str
    note: str
    said: list[Said]


class CareAnswer(Shape, frozen=True, kw_only=True):
    """What waits for a reply, by the time it is due."""

    items: list[CareItem]
    enabled: bool
    target_minutes: int
    now: Moment


class SubjectAsk(msgspec.Struct, frozen=True):
    """Which item: `subject` is an author's id for a lead, a mention's for care."""

    source: str
    subject: str


class Event(Shape, frozen=True, kw_only=True):
    """One change of an item."""

    version: int
    kind: str
    value: str
    made_by: str
    made_at: Moment


class HistoryAnswer(Shape, frozen=True, kw_only=True):
    """Every change of an item, oldest first."""

    events: list[Event]


class LeadChanged(Shape, frozen=True, kw_only=True):
    """The lead as it is now; null when it is no lead any more."""

    item: Lead | None
    version: int


class CareChanged(Shape, frozen=True, kw_only=True):
    """The same of what waits for a reply."""

    item: CareItem | None
    version: int


class TargetAnswer(Shape, frozen=True, kw_only=True):
    """How soon a first reply is due now."""

    target_minutes: int
