"""Who would enter or leave the lead queue if another model judged: people, not mentions.

As the view `leads` has it: whoever voiced intent, is no bot and nobody of a brand, in a mention of
their own that is no advert. What does not depend on the model is left out of the reckoning: who
ordered since, whom somebody closed, near copies; so counts may be somewhat above the queue's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

COLUMNS: Final = (
    *("source", "author_id", "author_handle", "author_role", "author_is_bot", "kind", "spam"),
    "intent_latent",
)
LATENT_WEIGHT: Final = 0.3  # beside active intent, as in the queue
MOST_SPAM: Final = 0.5
MOST_NAMED: Final = 1_000


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """A person, the mention that speaks most for it, and its weight under the model that finds it.

    Weight is the chance of active intent and 0.3 of that of latent intent.
    """

    source: str
    author_id: str
    handle: str
    mention_id: str
    weight: float


class Leads(msgspec.Struct, kw_only=True):
    """People with intent, before and after; `entering` and `leaving` name the strongest ones."""

    before: int
    after: int
    entering_people: int
    leaving_people: int
    entering: list[Lead]
    leaving: list[Lead]


@dataclass(slots=True)
class LeadTally:
    """The strongest evidence of each person under both models."""

    _before: dict[tuple[str, str], Lead] = field(default_factory=dict)
    _after: dict[tuple[str, str], Lead] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], has_intent: bool, active: float, latent: float) -> None:
        """Count a stored mention, and what the challenger makes of it."""
        if row["author_role"] or row["author_is_bot"] or not row["author_id"]:
            return
        if row["kind"] == "repost" or row["spam"] >= MOST_SPAM:
            return
        if row["intent"] != "none":
            _keep(self._before, row, row["intent_active"] + LATENT_WEIGHT * row["intent_latent"])
        if has_intent:
            _keep(self._after, row, active + LATENT_WEIGHT * latent)

    def found(self) -> Leads:
        """What has been counted."""
        entering = [lead for who, lead in self._after.items() if who not in self._before]
        leaving = [lead for who, lead in self._before.items() if who not in self._after]
        return Leads(
            before=len(self._before),
            after=len(self._after),
            entering_people=len(entering),
            leaving_people=len(leaving),
            entering=_strongest(entering),
            leaving=_strongest(leaving),
        )


def _keep(leads: dict[tuple[str, str], Lead], row: Mapping[str, Any], weight: float) -> None:
    who = (row["source"], row["author_id"])
    if who not in leads or weight > leads[who].weight:
        leads[who] = Lead(
            source=row["source"],
            author_id=row["author_id"],
            handle=row["author_handle"],
            mention_id=row["mention_id"],
            weight=round(float(weight), 4),
        )


def _strongest(leads: Sequence[Lead]) -> list[Lead]:
    return sorted(leads, key=lambda one: (-one.weight, one.mention_id))[:MOST_NAMED]
