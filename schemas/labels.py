"""The labels a mention can carry, in the order every array, table and chart uses.

The order is a contract: probability arrays have one column per label, in this order, and stored
label indices point into these tuples. Append, never reorder.
"""

from typing import Final, Literal

# The edition of the annotation guide that people label by; every label names it.
GUIDE_VERSION: Final = "4"

Intent = Literal["none", "latent", "active"]
Stage = Literal["none", "awareness", "consideration", "decision", "use", "advocacy"]
Leg = Literal["none", "branding", "purchase", "use"]
NeedsReply = Literal["no", "yes"]
Language = Literal["es", "en"]
Sentiment = Literal["negative", "neutral", "positive"]
Act = Literal[
    "question",
    "order_status",
    "incident",
    "complaint",
    "praise",
    "asks_recommendation",
    "gives_recommendation",
    "usage_tip",
]

# Why a mention was put before a person: "random" is a draw that owes nothing to the model, so that
# shares and errors counted on it are those of all mentions; "thumb" is a word on the model's own
# judgement; "" is not known.
How = Literal["", "random", "uncertain", "disagreement", "thumb"]

INTENTS: Final[tuple[Intent, ...]] = ("none", "latent", "active")
STAGES: Final[tuple[Stage, ...]] = (
    "none",
    "awareness",
    "consideration",
    "decision",
    "use",
    "advocacy",
)
NEEDS_REPLY: Final[tuple[NeedsReply, ...]] = ("no", "yes")
LANGUAGES: Final[tuple[Language, ...]] = ("es", "en")
SENTIMENTS: Final[tuple[Sentiment, ...]] = ("negative", "neutral", "positive")
# What a mention does; it can do several of these or none, so each is a yes or no of its own.
ACTS: Final[tuple[Act, ...]] = (
    "question",
    "order_status",
    "incident",
    "complaint",
    "praise",
    "asks_recommendation",
    "gives_recommendation",
    "usage_tip",
)

# The leg of the customer journey a stage belongs to.
LEG_OF_STAGE: Final[dict[Stage, Leg]] = {
    "none": "none",
    "awareness": "branding",
    "consideration": "purchase",
    "decision": "purchase",
    "use": "use",
    "advocacy": "use",
}
