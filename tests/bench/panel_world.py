"""A made-up thirteen months of listening for the panels, written by ClickHouse itself.

`INSERT … SELECT FROM numbers`: each value is a hash of the row's number and of what it is for, so
equal counts give equal rows, apart from the moment that everything ends at (now). Per 100 million
mentions:

- time: 395 days up to now, more by day than by night, in order of arrival; 1 in 100 was edited ten
  minutes later (a second row that takes the place of the first);
- authors: Zipf–Mandelbrot over N/10 of them (P ∝ 1/(rank + 1000)): the loudest wrote about 11,000;
- sources 55 % Bluesky, 15 % Mastodon, 15 % Reddit, 10 % YouTube, 5 % RSS; nine languages, half
  Spanish, a third English; of 12 brands the first has a third of all; 20 topics; half of the
  mentions name no brand and half no topic;
- 3 % active intent, 5 % latent, 12 % need a reply, 5 % are copies, 8 % of the authors bought.

The tables that refreshable views and upkeep make of mentions are filled from them by simpler rules
(`panel_kept.py`): as many rows as those would have, of the same shape.
"""

from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

DAYS: Final = 395
BLOCK: Final = 1_000_000

FUNCTIONS: Final = """
    (purpose, n) -> sipHash64(purpose, toUInt64(n)) / 18446744073709551616. AS h,
    n -> fromUnixTimestamp64Milli(
        {end_ms:Int64} - toInt64(
            86400000. * {days:UInt32} * (1 - toUInt64(n) / {count:UInt64})
            + 10000000 * sin(6.283185307179586 * {days:UInt32} * (toUInt64(n) / {count:UInt64}))
            + 10000000
        ), 'UTC'
    ) AS at,
    n -> toUInt64(1000 * pow(({authors:UInt64} + 1000) / 1000, h('author', n)) - 1000) AS person
"""

_MENTIONS: Final = """
INSERT INTO mentions
(
    mention_id, source, kind, author_id, author_handle, followers, text, lang, url, parent_id,
    published_at, edited_at, brands, topics, campaigns, author_role, intent, intent_latent,
    intent_active, stage, stage_probability, needs_reply, sentiment, sentiment_score, acts,
    intent_words, spam, fingerprint, model_version, rules_version, topic, topic_id,
    kafka_partition, kafka_offset, kafka_timestamp, stored_at, version, counted
)
WITH
    {functions},
    number AS n,
    concat('a', toString(person(n))) AS author,
    h('kind', n) AS dice_kind,
    h('intent', n) AS dice_intent,
    dice_intent < 0.03 AS is_active,
    dice_intent BETWEEN 0.03 AND 0.08 AS is_latent,
    toUInt8(floor(12 * pow(h('brand', n), 2.2))) AS brand_,
    ['Nimbara', 'Kolmio', 'Tessera', 'Volta', 'Kestrel', 'Iberalia', 'Aurora', 'Nimbus', 'Orbea',
        'Pardal', 'Quercus', 'Rivera'] AS brands_,
    h('has brand', n) AS dice_brand,
    toUInt8(floor(20 * pow(h('topic', n), 1.5))) AS topic_,
    h('has topic', n) AS dice_topic,
    h('role', n) < 0.012 AS is_care,
    toDateTime64(at(n), 3, 'UTC') AS said_at
SELECT
    concat('bluesky:', toString(n)),
    multiIf(h('source', n) < 0.55, 'bluesky', h('source', n) < 0.7, 'mastodon',
        h('source', n) < 0.85, 'reddit', h('source', n) < 0.95, 'youtube', 'rss'),
    multiIf(is_care OR dice_kind < 0.3, 'reply', dice_kind < 0.4, 'repost', 'post'),
    if(is_care, concat('care', toString(n % 5)), author),
    if(is_care, concat('care', toString(n % 5)), author),
    toUInt64(10 / pow(1.0001 - h('followers', person(n)), 0.8)),
    concat('Mention ', toString(n), ' says ', lower(hex(sipHash128('text', n))), ' of a thing ',
        toString(toUInt32(5000 * h('thing', n))), ' it may buy or has bought'),
    multiIf(h('lang', n) < 0.5, 'es', h('lang', n) < 0.83, 'en', h('lang', n) < 0.89, 'pt',
        h('lang', n) < 0.92, 'ca', h('lang', n) < 0.94, 'fr', h('lang', n) < 0.96, 'de',
        h('lang', n) < 0.975, 'it', h('lang', n) < 0.985, 'gl', ''),
    concat('https://example.org/', toString(n)),
    if((is_care OR dice_kind < 0.4) AND n > 1000, concat('bluesky:', toString(n - 1
        - toUInt64(900 * h('parent', n)))), ''),
    said_at,
    toDateTime64({is_edit:UInt8} * (toUnixTimestamp(said_at) + 600), 3, 'UTC'),
    multiIf(
        dice_brand < 0.45, [brands_[1 + brand_]],
        dice_brand < 0.5, [brands_[1 + brand_], brands_[1 + (brand_ + 1) % 12]],
        []
    ),
    multiIf(
        dice_topic < 0.42, [concat('topic ', toString(topic_))],
        dice_topic < 0.5, [concat('topic ', toString(topic_)),
            concat('topic ', toString((topic_ + 3) % 20))],
        []
    ),
    if(h('campaign', n) < 0.03, [concat('campaign ', toString(intDiv(toMonth(said_at), 4)))], []),
    if(is_care, 'care', ''),
    multiIf(is_active, 'active', is_latent, 'latent', 'none'),
    if(is_latent, 0.8, 0.05),
    if(is_active, 0.9, 0.05),
    multiIf(is_active, if(h('stage', n) < 0.6, 'consideration', 'decision'),
        is_latent, if(h('stage', n) < 0.6, 'awareness', 'consideration'),
        h('stage', n) < 0.1, 'use', h('stage', n) < 0.13, 'advocacy', 'none'),
    0.7,
    h('needs', n) < 0.12 AND NOT is_care,
    multiIf(h('mood', n) < 0.2, 'negative', h('mood', n) < 0.75, 'neutral', 'positive'),
    h('mood', n) * 2 - 1,
    arrayFilter(
        (act, at_most) -> h(act, n) < at_most,
        ['question', 'complaint', 'praise', 'gives_recommendation'],
        [0.1, 0.05, 0.05, 0.03]
    ),
    if(is_active, ['buy', 'where'], []),
    if(h('spam', n) < 0.02, 0.9, 0.05),
    sipHash64('text', n),
    'world-1',
    'world-1',
    'mentions.raw.v1',
    'world',
    toUInt32(n % 8),
    n,
    said_at + INTERVAL 1 SECOND,
    said_at + INTERVAL 2 SECOND,
    {is_edit:UInt8} * toUInt64(65536) * (toUnixTimestamp(said_at) + 600) * 1000,
    if({is_edit:UInt8}, 0, 1)
FROM numbers({first:UInt64}, {rows:UInt64})
WHERE {is_edit:UInt8} = 0 OR n % 100 = 0
"""

_INTERACTIONS: Final = """
INSERT INTO interactions
(
    interaction_id, source, kind, author_id, author_handle, target_id, occurred_at, brands, topic,
    topic_id, kafka_partition, kafka_offset, kafka_timestamp, stored_at
)
WITH {functions}, number AS n, h('kind of', n) AS dice, toDateTime64(at(n), 3, 'UTC') AS moment
SELECT
    concat('bluesky:i', toString(n)),
    'bluesky',
    multiIf(dice < 0.6, 'like', dice < 0.8, 'repost', dice < 0.95, 'follow', 'bookmark'),
    concat('a', toString(person(n + 7))),
    '',
    concat('bluesky:', toString(n)),
    moment,
    if(h('brand of', n) < 0.4, ['Nimbara'], []),
    'mentions.raw.v1',
    'world',
    toUInt32(n % 8),
    {count:UInt64} + n,
    moment,
    moment
FROM numbers({first:UInt64}, {rows:UInt64})
WHERE n % 20 = 0
"""


def fill_mentions(client: Client, count: int, end: datetime | None = None) -> None:
    """Store so many mentions and a twentieth as many reactions, in the order they were said."""
    end = end or datetime.now(UTC)
    for first in range(0, count, BLOCK):
        given = {
            "first": first,
            "rows": min(BLOCK, count - first),
            "count": count,
            "authors": max(count // 10, 1000),
            "days": DAYS,
            "end_ms": int(end.timestamp() * 1000),
        }
        for statement, is_edit in ((_MENTIONS, 0), (_MENTIONS, 1), (_INTERACTIONS, 0)):
            client.command(
                statement.replace("{functions}", FUNCTIONS),
                given | {"is_edit": is_edit},
                settings={"max_threads": 2, "min_insert_block_size_rows": BLOCK},
            )
