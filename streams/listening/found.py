"""What a page of a search shows of the mentions it found, with the places that matched."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from schemas.search import Place
from streams.listening.stored import FIELDS, events_of
from streams.rules.explain import explain
from streams.rules.nodes import Node
from streams.sinks.clickhouse import ClickHouse

MAX_CHARS: Final = 4_000  # of a text; more is not read on a page
_SHOWN: Final = (
    *("brands", "topics", "intent", "intent_latent", "intent_active", "stage", "intent_words"),
    "parent_text",
)


async def details(
    clickhouse: ClickHouse, rule: Node | None, places: Sequence[Place]
) -> list[dict[str, Any]]:
    """The mentions at these places as they are now, in this order; erased ones are left out."""
    if not places:
        return []
    rows = await clickhouse.columns(
        _DETAILS,
        {
            "places": [(_minute(place), place.mention_id) for place in places],
            "ids": [place.mention_id for place in places],
        },
    )
    events = dict(zip(rows["mention_id"].to_pylist(), events_of(rows), strict=True))
    stored = {row["mention_id"]: row for row in rows.select(["mention_id", *_SHOWN]).to_pylist()}
    found = []
    for place in places:
        if place.mention_id not in stored:
            continue
        mention, row = events[place.mention_id], stored[place.mention_id]
        text, matches = mention.text, []
        if rule is not None:
            explanation = explain(rule, mention, mention.text, mention.lang)
            text, matches = explanation.text, explanation.spans
        found.append(
            {
                "mention_id": mention.mention_id,
                "source": mention.source,
                "author": mention.author.handle or mention.author.name,
                "text": text[:MAX_CHARS],
                "matches": [(start, end) for start, end in matches if end <= MAX_CHARS],
                "parent_text": row["parent_text"][:300],
                "lang": mention.lang,
                "brands": row["brands"],
                "topics": row["topics"],
                "intent": row["intent"],
                "probability": probability(row),
                "stage": row["stage"],
                "intent_words": row["intent_words"],
                "url": mention.url,
                "published_at": place.published_ms,
            }
        )
    return found


def probability(row: dict[str, Any]) -> float:
    """How sure the model is of the intent it stated."""
    if row["intent"] in ("active", "latent"):
        return float(row[f"intent_{row['intent']}"])
    return float(1 - row["intent_active"] - row["intent_latent"])


def _minute(place: Place) -> datetime:
    return datetime.fromtimestamp(place.published_ms // 60_000 * 60, UTC)


_DETAILS = (
    f"SELECT {', '.join((*FIELDS, *_SHOWN))} FROM mentions FINAL"  # noqa: S608 - constants
    " WHERE (toStartOfMinute(published_at), mention_id) IN"
    " ({places:Array(Tuple(DateTime('UTC'), String))})"
    " AND mention_id IN ({ids:Array(String)}) AND NOT is_deleted"
)
