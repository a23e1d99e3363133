"""What the watch over drift asks ClickHouse: histograms are counted there, texts stay there."""

# ruff: noqa: S608 - statements are made of the constants below; values are bound
from typing import Final

from models.drift import WATCHED

SAMPLED_PER_HOUR: Final = 300  # texts that leave the database, to be compared with what was learnt


def _binned(value: str, what: str) -> str:
    measured = WATCHED[what]
    labels = ", ".join(f"'{label}'" for label in measured.labels)
    edges = ", ".join(f"{edge:g}" for edge in measured.edges)
    return f"[{labels}][arrayCount(edge -> toFloat64({value}) >= edge, [{edges}]) + 1]"


_ONE: Final = {
    "lang": "toString(lang)",
    "source": "toString(source)",
    "length": _binned("lengthUTF8(text)", "length"),
    "spam": _binned("spam", "spam"),
    "intent": "toString(intent)",
    "intent_probability": _binned("intent_latent + intent_active", "intent_probability"),
    "active_probability": _binned("intent_active", "active_probability"),
    "stage": "toString(stage)",
    "stage_probability": _binned("stage_probability", "stage_probability"),
    "needs_reply": "if(needs_reply, 'yes', 'no')",
    "needs_reply_probability": _binned("needs_reply_probability", "needs_reply_probability"),
    "sentiment": "toString(sentiment)",
    "sentiment_score": _binned("sentiment_score", "sentiment_score"),
}
_MANY: Final = {"topic": "topics", "act": "acts"}  # a mention without any counts as ''
_FACTS: Final = ", ".join(
    [
        "[" + ", ".join(f"('{what}', {value})" for what, value in _ONE.items()) + "]",
        *(
            f"arrayMap(one -> ('{what}', toString(one)), if(empty({many}), [''], {many}))"
            for what, many in _MANY.items()
        ),
    ]
)
_PLACES: Final = "[('all', ''), ('lang', toString(lang)), ('source', toString(source))]"
_HOUR: Final = "toStartOfHour(kafka_timestamp)"
# What was judged anew later is counted as it was judged when it came.
_OF_HOURS: Final = (
    "FROM mentions FINAL WHERE stored_at >= fromUnixTimestamp({first:UInt32})"
    f" AND toUnixTimestamp({_HOUR}) IN {{hours:Array(UInt32)}}"
    " AND rescored = 0 AND model_version != ''"
)

HOURS: Final = f"""
SELECT DISTINCT toUnixTimestamp({_HOUR}) AS hour
FROM mentions
WHERE stored_at >= fromUnixTimestamp64Milli({{since_ms:Int64}}) AND rescored = 0
    AND kafka_timestamp >= toStartOfHour(now() - toIntervalDay({{days:UInt16}}))
    AND model_version != ''
ORDER BY hour
"""

COUNT: Final = f"""
INSERT INTO drift_counts (model_version, hour, scope, name, what, counts)
SELECT version, hour, scope, name, what, mapFromArrays(groupArray(bin), groupArray(mentions))
FROM
(
    SELECT
        version, hour, place.1 AS scope, place.2 AS name, fact.1 AS what, fact.2 AS bin,
        count() AS mentions
    FROM
    (
        SELECT
            model_version AS version,
            {_HOUR} AS hour,
            arrayJoin({_PLACES}) AS place,
            arrayConcat({_FACTS}) AS facts
        {_OF_HOURS}
    )
    ARRAY JOIN facts AS fact
    WHERE scope != what
    GROUP BY version, hour, scope, name, what, bin
)
GROUP BY version, hour, scope, name, what
"""

COUNT_VOICES: Final = f"""
INSERT INTO drift_counts (model_version, hour, scope, name, what, counts)
SELECT
    model_version AS version, {_HOUR} AS hour, place.1 AS scope, place.2 AS name, '' AS what,
    map('mentions', count(), 'voices', uniqExact(author_id))
FROM
(
    SELECT model_version, kafka_timestamp, author_id, arrayJoin({_PLACES}) AS place
    {_OF_HOURS}
)
GROUP BY version, hour, scope, name
"""

SAMPLE: Final = f"""
SELECT toString(model_version) AS version, toUnixTimestamp({_HOUR}) AS hour,
    toString(lang) AS lang, toString(source) AS source, text
{_OF_HOURS}
ORDER BY sipHash64('unseen', mention_id)
LIMIT {SAMPLED_PER_HOUR} BY version, hour
"""

# The models that judged in these hours, and from when on each one's reference is counted: its
# first hour in force, or the first after it that was counted.
VERSIONS: Final = """
SELECT c.version, min(c.hour)
FROM
(
    SELECT toString(model_version) AS version, hour FROM drift_counts WHERE what = ''
) AS c
LEFT JOIN
(
    SELECT toString(version) AS version, toStartOfHour(min(since)) AS since
    FROM model_versions
    GROUP BY version
) AS m ON m.version = c.version
WHERE c.hour >= m.since
GROUP BY c.version
HAVING max(c.hour) >= fromUnixTimestamp({first:UInt32})
ORDER BY c.version
"""

BOTH: Final = """
SELECT
    toString(scope), toString(name), toString(what),
    sumMapIf(counts, hour >= fromUnixTimestamp({from:UInt32})) AS fresh,
    sumMapIf(counts, hour < fromUnixTimestamp({reference_to:UInt32})) AS reference
FROM drift_counts FINAL
WHERE model_version = {version:String}
    AND hour >= fromUnixTimestamp({reference_from:UInt32})
    AND hour < fromUnixTimestamp({to:UInt32})
    AND (hour >= fromUnixTimestamp({from:UInt32})
        OR hour < fromUnixTimestamp({reference_to:UInt32}))
GROUP BY scope, name, what
ORDER BY scope, name, what
"""

# One row for each mention and question that most of its judges agree on. What a chance is of: of
# any intent, of a reply being needed, of the stage that was decided for.
FRESH_LABELS: Final = """
WITH
votes AS
(
    SELECT mention_id, head, value, count() AS votes
    FROM labels_by_head
    WHERE how = 'random' AND NOT saw_model AND head IN ('intent', 'stage', 'needs_reply')
        AND labelled_at >= fromUnixTimestamp({from:UInt32})
        AND labelled_at < fromUnixTimestamp({to:UInt32})
    GROUP BY mention_id, head, value
),
settled AS
(
    SELECT mention_id, head, argMax(value, votes) AS value, arraySort(groupArray(votes)) AS counts
    FROM votes
    GROUP BY mention_id, head
    HAVING length(counts) = 1 OR counts[-1] > counts[-2]
)
SELECT
    toString(s.head),
    toString(m.lang),
    toString(m.source),
    multiIf(s.head = 'intent', s.value != 'none', s.head = 'stage', s.value = m.stage,
        s.value = 'yes') AS came,
    multiIf(s.head = 'intent', m.intent_latent + m.intent_active,
        s.head = 'stage', m.stage_probability, m.needs_reply_probability) AS chance,
    multiIf(s.head = 'intent', m.intent != 'none', s.head = 'stage', 1, m.needs_reply) AS decided
FROM settled AS s
INNER JOIN
(
    SELECT *
    FROM mentions FINAL
    WHERE mention_id IN (SELECT mention_id FROM settled) AND model_version = {version:String}
) AS m ON m.mention_id = s.mention_id
ORDER BY m.mention_id, s.head
"""
