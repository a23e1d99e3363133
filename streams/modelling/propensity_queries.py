"""What is known of authors at a moment, asked of ClickHouse; never anything from after it."""

# ruff: noqa: S608 - statements are made of the constants below; values are bound
from typing import Final

from models.propensity import STATE

LOOK_BACK_DAYS: Final = 90
AUTHORS_AT_ONCE: Final = 5_000

_AT: Final = "fromUnixTimestamp64Milli({at:Int64}, 'UTC')"
_NOBODY: Final = "author_is_bot OR author_role != '' OR author_id = ''"  # brands' own, care, bots
# A text that was edited after the moment is not what was known then.
_HEARD: Final = (
    f"published_at < {_AT} AND published_at >= {_AT} - toIntervalDay({LOOK_BACK_DAYS})"
    f" AND edited_at < {_AT} AND NOT ({_NOBODY})"
)


def _within(days: int, moment: str = "published_at") -> str:
    return f"{moment} >= {_AT} - toIntervalDay({days})"


def _days_since(moment: str) -> str:
    """Days, and 365 where it never was."""
    return f"least(365, dateDiff('second', {moment}, {_AT}) / 86400)"


_OF_MENTIONS: Final = {
    "mentions_7d": f"countIf({_within(7)})",
    "mentions_90d": "count()",
    "active_7d": f"countIf(intent = 'active' AND {_within(7)})",
    "active_30d": f"countIf(intent = 'active' AND {_within(30)})",
    "latent_30d": f"countIf(intent = 'latent' AND {_within(30)})",
    "strongest_30d": f"maxIf(intent_latent + intent_active, {_within(30)})",
    "days_since_active": _days_since("maxIf(published_at, intent = 'active')"),
    "days_since_mention": _days_since("max(published_at)"),
    "considering_30d": f"countIf(stage = 'consideration' AND {_within(30)})",
    "deciding_30d": f"countIf(stage = 'decision' AND {_within(30)})",
    "using_90d": "countIf(stage IN ('use', 'advocacy'))",
    "asking_30d": f"countIf(needs_reply AND {_within(30)})",
    "replies_30d": f"countIf(parent_id != '' AND {_within(30)})",
}
_OF_OTHERS: Final = {
    "interactions_30d": "i.interactions",
    "orders_365d": "o.orders",
    "days_since_order": f"if(o.orders = 0, 365, {_days_since('o.last_ordered_at')})",
}

# Authors who spoke in the ninety days before a moment, and are to be scored still.
TO_SCORE: Final = f"""
SELECT DISTINCT author_id
FROM mentions FINAL
WHERE {_HEARD} AND author_id > {{after:String}}
    AND author_id NOT IN
    (
        SELECT author_id
        FROM propensity
        WHERE horizon_days = {{horizon:UInt16}} AND model_version = {{version:String}}
            AND as_of = {_AT}
    )
ORDER BY author_id
LIMIT {AUTHORS_AT_ONCE}
"""

# All who bought are learnt from, and of the others a share told by a hash, each for many.
_SAMPLED: Final = (
    "(cityHash64(author_id) % {one_in:UInt32} = 0 OR author_id IN (SELECT author_id FROM orders))"
)
_SOME: Final = "author_id IN {authors:Array(String)}"


def _states(whose: str, outcome: str = "") -> str:
    columns = ", ".join(
        f"toFloat64({_OF_OTHERS.get(name, f'm.{name}')}) AS {name}" for name in STATE
    )
    of_mentions = ", ".join(f"{sql} AS {name}" for name, sql in _OF_MENTIONS.items())
    return f"""
SELECT m.author_id AS author_id, {columns}{outcome}
FROM
(
    SELECT author_id, {of_mentions}
    FROM mentions FINAL
    WHERE {_HEARD} AND {whose}
    GROUP BY author_id
) AS m
LEFT JOIN
(
    SELECT author_id, count() AS interactions
    FROM interactions FINAL
    WHERE occurred_at < {_AT} AND {_within(30, "occurred_at")} AND {whose}
    GROUP BY author_id
) AS i ON i.author_id = m.author_id
LEFT JOIN
(
    SELECT
        author_id,
        countIf(ordered_at < {_AT} AND {_within(365, "ordered_at")}) AS orders,
        maxIf(ordered_at, ordered_at < {_AT} AND {_within(365, "ordered_at")}) AS last_ordered_at,
        countIf(ordered_at >= {_AT} AND ordered_at < {_AT} + toIntervalDay({{horizon:UInt16}}))
            AS orders_after
    FROM orders FINAL
    WHERE amount >= 0 AND {whose}
    GROUP BY author_id
) AS o ON o.author_id = m.author_id
ORDER BY author_id
"""


STATES_TO_SCORE: Final = _states(_SOME)
STATES_TO_LEARN: Final = _states(
    _SAMPLED,
    ", o.orders_after > 0 AS bought,"
    " if(m.author_id IN (SELECT author_id FROM orders), 1, {one_in:UInt32}) AS weight",
)

# Over what the orders reach, how many there are, and how many authors who speak never bought.
EXTENT: Final = f"""
SELECT
    (SELECT count() FROM orders FINAL),
    (SELECT toUnixTimestamp64Milli(max(ordered_at)) FROM orders),
    (SELECT toUnixTimestamp64Milli(min(published_at)) FROM mentions WHERE NOT ({_NOBODY})),
    (
        SELECT uniq(author_id)
        FROM mentions
        WHERE NOT ({_NOBODY}) AND author_id NOT IN (SELECT author_id FROM orders)
    )
"""
