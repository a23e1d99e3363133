-- Which mentions say the same: each copy points to the earliest mention it was copied from, itself
-- directly (`parent`) or by way of other copies (`original`). Filled by `escucha upkeep`. A mention
-- without a row, or with its own id as `original`, stands alone.
CREATE TABLE IF NOT EXISTS near_duplicates
(
    mention_id String,
    original String,
    parent String,
    reason LowCardinality(String),
    similarity Float32,
    published_at DateTime64(3, 'UTC'),
    found_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX parent_bloom parent TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(found_at)
ORDER BY mention_id;

-- Where to look for the copies of a text: its bands, its fingerprint, and for a repost the hash of
-- what it reposts. Filled by `escucha upkeep`, so inserting mentions costs nothing more; entries
-- that an edit or a deletion made void are written again as deleted.
CREATE TABLE IF NOT EXISTS near_duplicate_bands
(
    band UInt64,
    published_at DateTime64(3, 'UTC'),
    mention_id String,
    fingerprint UInt64,
    found_at DateTime64(3, 'UTC'),
    is_deleted UInt8 DEFAULT 0,
    INDEX mention_id_bloom mention_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(found_at, is_deleted)
ORDER BY (band, published_at, mention_id);

-- Copies whose original was taken back or forgotten: which of them stands for the others now is
-- decided anew.
CREATE TABLE IF NOT EXISTS copies_to_review
(
    mention_id String,
    published_at DateTime64(3, 'UTC'),
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY noted_at
TTL toDateTime(noted_at) + INTERVAL 7 DAY;

-- The net mentions: those that are not copies of another one.
CREATE VIEW IF NOT EXISTS mentions_net AS
SELECT m.*
FROM mentions AS m FINAL
WHERE m.mention_id NOT IN
(
    SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id
);

-- Raw and net counts side by side, per hour and brand; a mention of no brand counts under ''.
CREATE VIEW IF NOT EXISTS mentions_raw_and_net AS
SELECT
    toStartOfHour(m.published_at) AS hour,
    arrayJoin(if(empty(m.brands), [''], m.brands)) AS brand,
    count() AS raw_mentions,
    countIf(copies.reason = '') AS net_mentions,
    countIf(copies.reason = 'exact') AS exact_copies,
    countIf(copies.reason = 'near') AS near_copies,
    countIf(copies.reason = 'repost') AS reposts,
    countIf(copies.reason = 'giveaway') AS giveaway_copies
FROM mentions AS m FINAL
LEFT JOIN
(
    SELECT mention_id, toString(reason) AS reason
    FROM near_duplicates FINAL
    WHERE original != mention_id
) AS copies ON copies.mention_id = m.mention_id
GROUP BY hour, brand;

-- Conversations: per root how many answered, how many they are, and how deep it went. The root is
-- at depth 0; an answer whose parent is not stored counts as depth 1. Chains are followed for 20
-- steps, deeper ones count as 20.
CREATE VIEW IF NOT EXISTS conversation_depth AS
WITH RECURSIVE
    answers AS
    (
        SELECT
            mention_id,
            parent_id,
            if(root_id = '', parent_id, root_id) AS root,
            author_id,
            published_at
        FROM mentions FINAL
        WHERE kind IN ('reply', 'comment') AND parent_id != ''
    ),
    chain AS
    (
        SELECT mention_id, root, author_id, published_at, toUInt32(1) AS depth
        FROM answers
        WHERE parent_id = root OR parent_id NOT IN (SELECT mention_id FROM answers)
        UNION ALL
        SELECT a.mention_id, a.root, a.author_id, a.published_at, chain.depth + 1
        FROM answers AS a
        INNER JOIN chain ON a.parent_id = chain.mention_id
        WHERE chain.depth < 20 AND a.parent_id != a.root
    )
SELECT
    root AS root_id,
    max(depth) AS depth,
    uniqExact(mention_id) AS replies,
    uniqExact(author_id) AS authors,
    max(published_at) AS last_reply_at
FROM chain
GROUP BY root;

-- Per brand and week (from Monday, UTC): authors who had spoken of the brand in an earlier week, and new ones.
CREATE VIEW IF NOT EXISTS returning_authors AS
SELECT
    brand,
    week,
    count() AS authors,
    countIf(week > first_week) AS returning_authors,
    countIf(week = first_week) AS new_authors
FROM
(
    SELECT
        brand,
        week,
        author_id,
        min(week) OVER (PARTITION BY brand, author_id) AS first_week
    FROM
    (
        SELECT DISTINCT
            arrayJoin(brands) AS brand,
            toMonday(published_at, 'UTC') AS week,
            author_id
        FROM mentions FINAL
        WHERE author_role NOT IN ('own', 'care', 'employee')
    )
)
GROUP BY brand, week;

-- Per brand: pairs of authors of whom one answered the other, and those where both did.
CREATE VIEW IF NOT EXISTS reciprocity AS
SELECT
    brand,
    count() AS pairs,
    countIf(directions = 2) AS mutual_pairs,
    mutual_pairs / pairs AS reciprocity
FROM
(
    SELECT
        brand,
        least(author_id, answered_id) AS one,
        greatest(author_id, answered_id) AS other,
        uniqExact(author_id) AS directions
    FROM
    (
        SELECT
            arrayJoin(r.brands) AS brand,
            r.author_id AS author_id,
            if(r.parent_author_id != '', r.parent_author_id, p.author_id) AS answered_id
        FROM mentions AS r FINAL
        LEFT JOIN
        (
            SELECT mention_id, author_id FROM mentions FINAL
        ) AS p ON p.mention_id = r.parent_id
        WHERE r.kind IN ('reply', 'comment')
    )
    WHERE answered_id != '' AND answered_id != author_id
    GROUP BY brand, one, other
)
GROUP BY brand;

-- The first time an author had to do with a brand, and how: all of it reactive, since the brand was
-- there before. A reply to an account of the brand is of kind 'reply'. A plain view: whatever comes
-- late or is taken back corrects it.
CREATE VIEW IF NOT EXISTS first_contacts AS
SELECT
    source,
    author_id,
    brand,
    min(at) AS first_at,
    argMin(kind, (at, id)) AS first_kind,
    argMin(id, (at, id)) AS first_id,
    count() AS contacts
FROM
(
    SELECT
        source,
        author_id,
        arrayJoin(brands) AS brand,
        published_at AS at,
        mention_id AS id,
        multiIf(
            kind = 'repost', 'repost',
            kind IN ('reply', 'comment') AND (source, parent_author_id) IN
            (
                SELECT source, author_id FROM mentions FINAL WHERE author_role IN ('own', 'care', 'employee')
            ), 'reply',
            'mention'
        ) AS kind
    FROM mentions FINAL
    WHERE author_role NOT IN ('own', 'care', 'employee')
    UNION ALL
    SELECT
        source,
        author_id,
        arrayJoin(brands) AS brand,
        occurred_at AS at,
        interaction_id AS id,
        toString(kind) AS kind
    FROM interactions FINAL
    WHERE (source, author_id) NOT IN
    (
        SELECT source, author_id FROM mentions FINAL WHERE author_role IN ('own', 'care', 'employee')
    )
)
GROUP BY source, author_id, brand;

-- What authors talk about besides the brands, with the newest mentions that say so.
CREATE VIEW IF NOT EXISTS author_interests AS
SELECT
    source,
    author_id,
    interest,
    count() AS mentions,
    max(at) AS last_at,
    arrayMap(pair -> pair.2, arraySlice(arrayReverseSort(groupArray((at, id))), 1, 5)) AS evidence
FROM
(
    SELECT
        source,
        author_id,
        arrayJoin(interests) AS interest,
        published_at AS at,
        mention_id AS id
    FROM mentions FINAL
    WHERE empty(brands) AND kind != 'repost' AND author_role NOT IN ('own', 'care', 'employee')
)
GROUP BY source, author_id, interest;
