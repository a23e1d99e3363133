"""What the pages to work on ask in their addresses and are answered, as `shapes.py` has the others.

Those of models are in `shapes_of_models.py`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from dashboards.console.shapes import Moment, Shape
from schemas.mention import SourceName
from schemas.search import Format, RuleProblem

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


class MenuPage(Shape, frozen=True, kw_only=True):
    """A page, its title in Spanish and English."""

    path: str
    title: str


class MenuGroup(Shape, frozen=True, kw_only=True):
    """Pages to look at, or to work on."""

    name: Literal["look", "work"]
    pages: list[MenuPage]


class MenuAnswer(Shape, frozen=True, kw_only=True):
    """The pages that who asks may open."""

    groups: list[MenuGroup]


class ShownMention(Shape, frozen=True, kw_only=True):
    """A mention as lists of them show it; `probability` is that of its intent."""

    mention_id: str
    source: SourceName
    author: str
    text: str
    parent_text: str
    lang: str
    brands: list[str]
    topics: list[str]
    intent: str
    probability: float | None
    stage: str
    intent_words: list[str]
    url: str
    published_at: Moment


class BeforeAnswer(Shape, frozen=True, kw_only=True):
    """The newest mentions that are there already."""

    mentions: list[ShownMention]


class FileColumn(Shape, frozen=True, kw_only=True):
    """A column of an exported file and its meaning."""

    name: str
    es: str
    en: str


class SearchAboutAnswer(Shape, frozen=True, kw_only=True):
    """Whether there is a search here, and what exported files hold."""

    enabled: bool
    columns: list[FileColumn]
    max_rows: int


class SearchCheckAnswer(Shape, frozen=True, kw_only=True):
    """What is wrong with a search; nothing where it can be searched for."""

    problems: list[RuleProblem]


class AlertSaid(Shape, frozen=True, kw_only=True):
    """A mention that shows what an alert is about."""

    mention_id: str
    text: str
    lang: str
    url: str
    author_handle: str
    source: SourceName
    published_at: Moment
    intent: str
    intent_words: list[str]
    parent_text: str


class AlertTold(Shape, frozen=True, kw_only=True):
    """A notice on a channel: when delivered, or how often and why not; when it was given up."""

    change: int
    event: str
    at: Moment
    channel: str
    delivered_at: Moment | None
    attempts: int
    reason: str
    tried_at: Moment | None
    passed_at: Moment | None


Counted = Annotated[
    tuple[int, int, float],
    Meta(description="Seconds since 1970 where 20 minutes begin, people counted, usual."),
]


class AlertItem(Shape, frozen=True, kw_only=True):
    """An alert as it stands, with its evidence; people act in sight of its `change`."""

    alert_id: str
    kind: str
    series: str
    lang: str
    change: int
    state: str
    at: Moment
    state_at: Moment
    opened_at: Moment
    since: Moment
    severity: int
    observed: int
    expected: float
    window_min: int
    false_per_week: float
    certainty: float
    watched: int
    before_contact: float | None
    words: list[str]
    settings_version: str
    acknowledged_by: str
    snoozed_till: Moment | None
    is_newest: bool | int
    note: str
    noted_by: str
    noted_at: Moment
    opened_silently: int
    said: list[AlertSaid]
    told: list[AlertTold]
    counted: list[Counted]


class AlertChoices(Shape, frozen=True, kw_only=True):
    """What there is to filter alerts by."""

    series: list[str]
    langs: list[str]


class AlertsAnswer(Shape, frozen=True, kw_only=True):
    """Alerts; `enabled`: whether who asks may act on them here."""

    items: list[AlertItem]
    choices: AlertChoices
    enabled: bool
    now: Moment


class AlertChange(Shape, frozen=True, kw_only=True):
    """One change of an alert; `by` is empty for those of the detector."""

    change: int
    event: str
    state: str
    at: Moment
    observed: int
    severity: int
    notice: bool | int
    by: str
    note: str
    snoozed_until: Moment


class AlertHistoryAnswer(Shape, frozen=True, kw_only=True):
    """Every change of an alert, oldest first."""

    events: list[AlertChange]


class AlertActed(Shape, frozen=True, kw_only=True):
    """The alert as it is now."""

    item: AlertItem | None


class RulesVersion(Shape, frozen=True, kw_only=True):
    """Who put which rules in force when and why."""

    sequence: int
    version: str
    applied_by: str
    applied_at: Moment
    reason: str


class RulesText(Shape, frozen=True, kw_only=True):
    """Rules with their text; number 0 are those that a release brings along."""

    sequence: int
    version: str
    listening: str
    applied_by: str
    applied_at: Moment | None
    reason: str


class RulesLimits(Shape, frozen=True, kw_only=True):
    """How long rules and reasons may be, and how many days a preview may look at."""

    bytes: int
    reason: int
    days: int


class RulesAnswer(Shape, frozen=True, kw_only=True):
    """The rules in force and those before; `enabled`: whether who asks may publish others here."""

    enabled: bool
    in_force: RulesText
    versions: list[RulesVersion]
    limits: RulesLimits


class RulesPublished(Shape, frozen=True, kw_only=True):
    """What became of a publication, and the rules that hold now."""

    fate: Literal["saved", "unchanged"]
    in_force: RulesText
