"""A made-up year of a brand, written by ClickHouse itself: `INSERT … SELECT FROM numbers`.

Deterministic: each value is a hash of the row's number and of what it is for, so the same count
always gives the same world. Per million mentions there are 100,000 authors (few of them speak
often: an author's number is A·u², u uniform), 400,000 interactions, 40,000 orders, 1,000 gestures,
30,000 copies and 10,000 edits. Mentions come in threads of up to four:

    4q      a post, or a review, of anybody
    4q + 1  an answer to one of the last 500 such posts, by somebody of the same circle
    4q + 2  the author of that post answers back
    4q + 3  in one of seven cases a care account answers such a post, else a post or a repost

A circle is what an author's number leaves when divided by 400, so communities are there to be
found. Time runs from 2026-01-01 over 364 days, more by day than by night. Recommendations work: of
those who liked one, one in twenty orders within ten days, and one in two of these names who it was.
"""

from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 364
CIRCLES: Final = 400
BLOCK: Final = 500_000

# `h(purpose, n)` is uniform in [0, 1); `at(n)` is the moment of mention n, in order of n;
# `person(n)` is who would say it if anybody could.
_FUNCTIONS: Final = """
    (purpose, n) -> sipHash64(purpose, toUInt64(n)) / 18446744073709551616. AS h,
    n -> toUInt64(n) * {days:UInt32} / {count:UInt64} AS day_of,
    n -> fromUnixTimestamp64Milli(
        {start_ms:Int64}
        + toInt64(86400000 * (
            day_of(n) - 0.12 * sin(6.283185307179586 * (day_of(n) - floor(day_of(n))))
        )),
        'UTC'
    ) AS at,
    n -> toUInt64(floor({authors:UInt64} * pow(h('author', n), 2))) AS person,
    n -> toUInt64(intDiv(n, 4) * 4) AS block_of,
    n -> if(
        block_of(n) < 4, toUInt64(0),
        toUInt64(block_of(n) - 4 * (1 + toUInt64(floor(
            h('back', block_of(n)) * least(500, intDiv(block_of(n), 4))
        ))))
    ) AS root,
    n -> least(
        toUInt64(intDiv(person(n), {circles:UInt64}) * {circles:UInt64}
            + person(root(n)) % {circles:UInt64}),
        {authors:UInt64} - 1
    ) AS mate,
    n -> multiIf(n % 4 = 1, mate(n), n % 4 = 2, person(root(n)), person(n)) AS speaker
"""

_MENTIONS: Final = """
INSERT INTO mentions
(
    mention_id, source, kind, author_id, author_handle, followers, text, lang, parent_id, root_id,
    parent_author_id, published_at, edited_at, brands, topics, campaigns, attributes, interests,
    author_role, intent, intent_latent, intent_active, stage, stage_probability, needs_reply,
    needs_reply_probability, sentiment, sentiment_score, acts, intent_words, spam, fingerprint,
    model_version, rules_version, topic, topic_id, kafka_partition, kafka_offset, kafka_timestamp,
    stored_at, version, counted
)
WITH
    {functions},
    number AS n,
    n % 4 AS place,
    place = 3 AND h('care', n) < 0.15 AS is_care,
    place = 0 AND h('own', n) < 0.008 AS is_own,
    NOT is_care AND NOT is_own AS is_person,
    multiIf(
        place IN (1, 2) OR is_care, 'reply',
        place = 3 AND h('kind', n) < 0.35, 'repost',
        h('kind', n) > 0.92, 'review',
        'post'
    ) AS kind_,
    kind_ IN ('reply', 'repost') AS has_parent,
    multiIf(place = 2, toUInt64(n - 1), root(n)) AS parent,
    multiIf(
        is_care, concat('care', toString(toUInt64(n) % 5)),
        is_own, 'own0',
        concat('a', toString(speaker(n)))
    ) AS author,
    if(has_parent, root(n), n) AS subject,
    h('intent', n) AS dice_intent,
    multiIf(NOT is_person, 0, dice_intent < 0.05, 0.9, 0.05) AS active,
    multiIf(NOT is_person, 0, dice_intent BETWEEN 0.05 AND 0.13, 0.8, 0.05) AS latent
SELECT
    concat('world:', toString(n)),
    ['mastodon', 'bluesky', 'youtube', 'reddit'][1 + toUInt8(4 * h('source', subject))],
    kind_,
    author,
    author,
    toUInt64(10 / pow(1.0001 - h('followers', sipHash64(author)), 0.8)),
    concat(
        'Mention ', toString(n), ' about thing ', toString(toUInt32(5000 * h('thing', n)))
    ),
    ['es', 'en', 'es', 'pt'][1 + toUInt8(4 * h('lang', subject))],
    if(has_parent, concat('world:', toString(parent)), ''),
    if(kind_ = 'reply', concat('world:', toString(root(n))), ''),
    multiIf(
        NOT has_parent, '',
        place = 2, concat('a', toString(mate(n - 1))),
        h('own', root(n)) < 0.008, 'own0',
        concat('a', toString(person(root(n))))
    ),
    at(n),
    toDateTime64({is_edit:UInt8} * (toUnixTimestamp(at(n)) + 600), 3, 'UTC'),
    multiIf(
        h('brands', subject) < 0.4, ['Nimbara'],
        h('brands', subject) < 0.52, ['Kolmio'],
        h('brands', subject) < 0.6, ['Tessera'],
        h('brands', subject) < 0.65, ['Nimbara', 'Kolmio'],
        []
    ),
    if(
        h('topics', n) < 0.5,
        [concat('topic ', toString(1 + toUInt8(20 * h('topic', n))))],
        []
    ),
    if(h('campaign', n) < 0.03, [concat('campaign ', toString(1 + intDiv(toMonth(at(n)), 4)))], []),
    if(
        h('attributes', n) < 0.12,
        [['battery', 'repairable', 'honest', 'fast'][1 + toUInt8(4 * h('attribute', n))]],
        []
    ),
    if(h('interests', n) < 0.05, [['music', 'sport', 'food'][1 + toUInt8(3 * h('i', n))]], []),
    multiIf(is_care, 'care', is_own, 'own', ''),
    multiIf(active > 0.5, 'active', latent > 0.5, 'latent', 'none'),
    latent,
    active,
    ['none', 'none', 'awareness', 'consideration', 'decision', 'use', 'advocacy']
        [1 + toUInt8(7 * h('stage', n))],
    0.7,
    is_person AND h('needs', n) < 0.15,
    if(is_person AND h('needs', n) < 0.15, 0.8, 0.1),
    ['negative', 'neutral', 'neutral', 'positive'][1 + toUInt8(4 * h('sentiment', n))],
    toInt8(4 * h('sentiment', n)) / 2 - 1,
    if(is_person AND kind_ != 'repost', arrayFilter(
        (act, at_most) -> h(act, n) < at_most,
        ['question', 'order_status', 'incident', 'complaint', 'praise', 'asks_recommendation',
            'gives_recommendation', 'usage_tip'],
        [0.1, 0.01, 0.03, 0.06, 0.08, 0.03, 0.04, 0.03]
    ), []),
    if(active > 0.5, ['buy', 'where'], []),
    if(h('spam', n) < 0.02, 0.9, 0.05),
    sipHash64('text', n),
    'world-1',
    'world-1',
    'mentions.raw.v1',
    'world',
    toUInt32(sipHash64(author) % 8),
    n,
    at(n) + INTERVAL 1 SECOND,
    at(n) + INTERVAL 2 SECOND,
    {is_edit:UInt8} * toUInt64(65536) * (toUnixTimestamp(at(n)) + 600) * 1000,
    if({is_edit:UInt8}, 0, 1)
FROM numbers({first:UInt64}, {rows:UInt64})
WHERE {is_edit:UInt8} = 0 OR n % 100 = 0
"""

_INTERACTIONS: Final = """
INSERT INTO interactions
(
    interaction_id, source, kind, author_id, author_handle, target_id, target_author_id,
    occurred_at, brands, topic, topic_id, kafka_partition, kafka_offset, kafka_timestamp, stored_at
)
WITH
    {functions},
    number AS n,
    multiIf(
        h('kind of interaction', n) < 0.6, 'like',
        h('kind of interaction', n) < 0.8, 'repost',
        h('kind of interaction', n) < 0.95, 'follow',
        'bookmark'
    ) AS kind_,
    block_of(toUInt64(floor(h('target', n) * {count:UInt64}))) AS target,
    concat('a', toString(person(target))) AS target_author,
    concat('a', toString(toUInt64(floor({authors:UInt64} * pow(h('who', n), 2))))) AS author,
    at(target) + toIntervalSecond(60 + toUInt32(86400 * pow(h('delay', n), 3))) AS moment
SELECT
    concat('world:i', toString(n)),
    ['mastodon', 'bluesky', 'youtube', 'reddit'][1 + toUInt8(4 * h('source', target))],
    kind_,
    author,
    author,
    if(kind_ = 'follow', target_author, concat('world:', toString(target))),
    target_author,
    moment,
    if(kind_ != 'follow' AND h('brands', target) < 0.4, ['Nimbara'], []),
    'mentions.raw.v1',
    'world',
    toUInt32(sipHash64(author) % 8),
    {count:UInt64} + n,
    moment,
    moment
FROM numbers({first:UInt64}, {rows:UInt64})
"""

_ORDER_COLUMNS: Final = """
INSERT INTO orders
(
    order_id, author_id, ordered_at, amount, currency, items, product, referred_by, topic, topic_id,
    kafka_partition, kafka_offset, kafka_timestamp, stored_at
)
"""

# Of anybody at any time; one in twenty names somebody who recommended it.
_ORDERS: Final = f"""{_ORDER_COLUMNS}
WITH
    {{functions}},
    number AS n,
    toUInt64(floor({{authors:UInt64}} * pow(h('buyer', n), 1.2))) AS buyer,
    at(toUInt64(floor(h('when', n) * {{count:UInt64}}))) AS moment,
    toUInt32(1 + floor(3 * h('items', n))) AS items_
SELECT
    concat('o', toString(n)),
    concat('a', toString(buyer)),
    moment,
    toDecimal64(items_ * (5 + toUInt32(200 * h('price', n))), 4),
    if(h('currency', buyer) < 0.9, 'EUR', 'USD'),
    items_,
    'Nimbara Uno',
    if(
        h('named', n) < 0.05,
        concat('a', toString(toUInt64(floor({{authors:UInt64}} * pow(h('namer', n), 2))))),
        ''
    ),
    'orders.v1',
    'world',
    toUInt32(buyer % 8),
    n,
    moment,
    moment
FROM numbers({{first:UInt64}}, {{rows:UInt64}})
"""

# What follows from recommendations, by the interactions with them.
_ORDERS_AFTER: Final = f"""{_ORDER_COLUMNS}
SELECT
    concat('f', substring(interaction_id, 8)),
    author_id,
    occurred_at + toIntervalSecond(3600 + sipHash64('soon', interaction_id) % 860000) AS moment,
    toDecimal64(20 + sipHash64('price', interaction_id) % 200, 4),
    if(sipHash64('currency', author_id) % 10 < 9, 'EUR', 'USD'),
    1,
    'Nimbara Uno',
    if(sipHash64('says', interaction_id) % 2 = 0, target_author_id, ''),
    'orders.v1',
    'world',
    toUInt32(sipHash64(author_id) % 8),
    {{count:UInt64}} + kafka_offset,
    moment,
    moment
FROM interactions
WHERE kind = 'like' AND sipHash64('buys', interaction_id) % 20 = 0 AND target_id IN
(
    SELECT mention_id FROM mentions WHERE has(acts, 'gives_recommendation')
)
"""

_GESTURES: Final = """
INSERT INTO gestures
(
    gesture_id, author_id, given_at, cost, currency, description, topic, topic_id, kafka_partition,
    kafka_offset, kafka_timestamp, stored_at
)
WITH
    {functions},
    number AS n,
    concat('a', toString(toUInt64(floor({authors:UInt64} * pow(h('given to', n), 2))))) AS author,
    at(toUInt64(floor(h('given', n) * {count:UInt64}))) AS moment
SELECT
    concat('g', toString(n)), author, moment, toDecimal64(5 + floor(60 * h('cost', n)), 4), 'EUR',
    'a present', 'gestures.v1', 'world', toUInt32(sipHash64(author) % 8), n, moment, moment
FROM numbers({first:UInt64}, {rows:UInt64})
"""

_COPIES: Final = """
INSERT INTO near_duplicates (mention_id, original, parent, reason, similarity, published_at)
WITH {functions}, 100 + toUInt64(number * 33) AS n
SELECT
    concat('world:', toString(n)), concat('world:', toString(n - 99)),
    concat('world:', toString(n - 99)), if(number % 3 = 0, 'exact', 'near'), 0.9, at(n)
FROM numbers({first:UInt64}, {rows:UInt64})
"""


def fill(client: Client, count: int) -> None:
    """Store a world of so many mentions in empty tables; equal counts give equal rows."""
    _in_blocks(client, _MENTIONS, count, count, is_edit=0)
    _in_blocks(client, _MENTIONS, count, count, is_edit=1)
    _in_blocks(client, _INTERACTIONS, count * 2 // 5, count)
    _in_blocks(client, _ORDERS, count // 25, count)
    client.command(_ORDERS_AFTER, {"count": count})
    _in_blocks(client, _GESTURES, count // 1_000, count)
    _in_blocks(client, _COPIES, count // 34, count)


def _in_blocks(client: Client, statement: str, rows: int, count: int, is_edit: int = 0) -> None:
    for first in range(0, rows, BLOCK):
        client.command(
            statement.replace("{functions}", _FUNCTIONS),
            {
                "first": first,
                "rows": min(BLOCK, rows - first),
                "count": count,
                "authors": count // 10,
                "days": DAYS,
                "circles": max(1, min(CIRCLES, count // 250)),
                "start_ms": int(START.timestamp() * 1000),
                "is_edit": is_edit,
            },
        )
