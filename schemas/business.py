"""Business events that come from outside the networks: orders, gestures, labels."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.labels import Act, How, Intent, Sentiment, Stage
from schemas.mention import Count, Id, Instant, MentionId, ShortText

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", description="ISO 4217.")]
Money = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$(?!\n)",
        description="A decimal as text: no rounding.",
        examples=["19.90"],
    ),
]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase, as the shop records it."""

    order_id: Id
    author_id: Id
    ordered_at: Instant
    amount: Money
    currency: Currency
    items: Annotated[int, Meta(ge=1)] = 1
    product: ShortText = ""
    referred_by: ShortText = ""  # author_id of who recommended it, when the shop knows


class Gesture(msgspec.Struct, frozen=True, kw_only=True):
    """Something the brand gave without being asked, and what it cost."""

    gesture_id: Id
    author_id: Id
    given_at: Instant
    cost: Money
    currency: Currency
    description: ShortText = ""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A person's judgement of one mention, by the guide's version.

    What is null was not judged; a later label of the same person on the same mention replaces the
    earlier one, so one that judges nothing takes it back. Thumbs stand apart: they neither replace
    a label nor are replaced by one.
    """

    mention_id: MentionId
    labeller: Id
    labelled_at: Instant
    guide_version: ShortText
    intent: Intent | None = None
    stage: Stage | None = None
    needs_reply: bool | None = None
    sentiment: Sentiment | None = None
    acts: Annotated[
        tuple[Act, ...] | None, Meta(description="Empty: judged, and it does none of them.")
    ] = None
    how: Annotated[How, Meta(description="Why the person was shown this mention.")] = ""
    saw_model: Annotated[
        bool, Meta(description="The model's judgement was in sight before the person's was made.")
    ] = False


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Purchase intent that emerges: what, since when, how sure. Each change of it is a record.

    `alert_id` and `change` together tell a record that came twice.
    """

    alert_id: Id
    opened_at: Instant
    since: Instant
    series: ShortText
    severity: Annotated[int, Meta(ge=1, le=10)]
    observed: Count
    expected: Annotated[float, Meta(ge=0)]
    evidence: tuple[MentionId, ...] = ()
    state: Literal["open", "growing", "fading", "closed"] = "open"
    event: Annotated[str, Meta(description="What this change is: opened, growing, …")] = "opened"
    change: Annotated[Count, Meta(description="Counts the changes of the series, from 1.")] = 0
    kind: Annotated[ShortText, Meta(description="brand or topic.")] = ""
    lang: ShortText = ""
    sure: Annotated[
        float, Meta(ge=0, le=1, description="That chance alone brings no such alert in a week.")
    ] = 0.0
    words: Annotated[tuple[str, ...], Meta(description="That argued most for the intent.")] = ()
    before_contact: Annotated[
        float | None, Meta(description="Share of its authors without an earlier contact.")
    ] = None
    link: str = ""
    settings_version: ShortText = ""
