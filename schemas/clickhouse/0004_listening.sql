-- What listening adds to a mention: where it was said, what it names, which rules it matched, what
-- the enrichment found. `version` orders the versions of one mention: milliseconds of its edit
-- (0 for the first text) times 65536, plus the sequence number of the rules that matched it.
-- `counted` is 1 in the first row of a mention, 0 in later versions and re-runs of rules.
ALTER TABLE mentions
    ADD COLUMN IF NOT EXISTS edited_at DateTime64(3, 'UTC') DEFAULT 0,
    ADD COLUMN IF NOT EXISTS parent_author_id String,
    ADD COLUMN IF NOT EXISTS quoted_id String,
    ADD COLUMN IF NOT EXISTS site LowCardinality(String),
    ADD COLUMN IF NOT EXISTS hashtags Array(String),
    ADD COLUMN IF NOT EXISTS links Array(String),
    ADD COLUMN IF NOT EXISTS mentioned_ids Array(String),
    ADD COLUMN IF NOT EXISTS mentioned_handles Array(String),
    ADD COLUMN IF NOT EXISTS author_role LowCardinality(String),
    ADD COLUMN IF NOT EXISTS author_is_bot UInt8,
    ADD COLUMN IF NOT EXISTS topics Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS campaigns Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS attributes Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS interests Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS rules_version LowCardinality(String),
    ADD COLUMN IF NOT EXISTS lang_claimed LowCardinality(String),
    ADD COLUMN IF NOT EXISTS lang_probability Float32,
    ADD COLUMN IF NOT EXISTS emoji Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS spam Float32,
    ADD COLUMN IF NOT EXISTS spam_reasons Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS fingerprint UInt64,
    ADD COLUMN IF NOT EXISTS bands Array(UInt64),
    ADD COLUMN IF NOT EXISTS masked Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS counted UInt8 DEFAULT 1,
    ADD INDEX IF NOT EXISTS mention_id_bloom mention_id TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS author_id_bloom author_id TYPE bloom_filter(0.01) GRANULARITY 1;

-- The raw counts per hour: each mention once, as it was when first stored. Neither an edit nor
-- a re-run of rules counts it again, and nothing lowers them: they hold no personal data.
ALTER TABLE mentions_hourly_view MODIFY QUERY
SELECT
    toStartOfHour(published_at) AS hour,
    source,
    lang,
    intent,
    stage,
    count() AS mentions
FROM mentions
WHERE counted
GROUP BY hour, source, lang, intent, stage;

-- Brands of a stored mention change when rules are run again, so counts by brand are made from the
-- mentions themselves.
DROP VIEW IF EXISTS brand_mentions_hourly_view;
DROP TABLE IF EXISTS brand_mentions_hourly;

-- Mentions as they stand: the newest version of each, without what was taken back.
CREATE VIEW IF NOT EXISTS mentions_current AS SELECT * FROM mentions FINAL WHERE NOT is_deleted;

ALTER TABLE interactions
    ADD COLUMN IF NOT EXISTS target_author_id String,
    ADD COLUMN IF NOT EXISTS brands Array(LowCardinality(String));

-- How soon the next heartbeat follows, and what this one is a sign of.
ALTER TABLE heartbeats
    ADD COLUMN IF NOT EXISTS every_sec Float32 AFTER sent_at,
    ADD COLUMN IF NOT EXISTS sign LowCardinality(String) DEFAULT 'alive' AFTER every_sec;

-- Each producer by its heartbeats. It is stalled when four beats are overdue, and at least a
-- minute: since its source last showed life, or since it started if that came later. How often it
-- started again without a sign of life does not count. After a week nobody expects it any more. A
-- clock that runs ahead earns nothing.
CREATE VIEW IF NOT EXISTS producer_states AS
SELECT
    producer,
    last_sign_at,
    greatest(60, 4 * every_sec) AS patience_sec,
    dateDiff('millisecond', greatest(last_sign_at, started_at), now64(3)) / 1000 AS silent_sec,
    multiIf(
        left_at >= beat_at, 'stopped',
        silent_sec <= patience_sec, 'live',
        silent_sec <= 7 * 86400, 'stalled',
        'abandoned'
    ) AS state
FROM
(
    SELECT
        producer,
        maxIf(least(sent_at, stored_at), sign != 'hello') AS last_sign_at,
        maxIf(sent_at, sign = 'goodbye') AS left_at,
        maxIf(sent_at, sign != 'goodbye') AS beat_at,
        arrayMin(
            arrayFilter(at -> at > left_at, groupArrayIf(least(sent_at, stored_at), sign = 'hello'))
        ) AS started_at,
        argMax(every_sec, sent_at) AS every_sec
    FROM heartbeats
    GROUP BY producer
);

-- What is known of each source: its producer's state, and what of it came and was kept lately, by
-- the time of its records in Kafka, which running rules again does not change. A source whose
-- producer sends no heartbeats under its name is 'unwatched': only its events tell of it.
CREATE VIEW IF NOT EXISTS sources_heard AS
SELECT
    source,
    if(watched.state = '', 'unwatched', toString(watched.state)) AS state,
    if(watched.state = '', heard.last_event_at, watched.last_sign_at) AS last_sign_at,
    watched.silent_sec AS silent_sec,
    watched.patience_sec AS patience_sec,
    heard.last_event_at AS last_event_at,
    heard.kept_last_hour AS kept_last_hour,
    heard.kept_last_day AS kept_last_day,
    heard.lag_sec[1] AS lag_p50_sec,
    heard.lag_sec[2] AS lag_p95_sec
FROM
(
    SELECT toString(producer) AS source, * FROM producer_states
) AS watched
FULL JOIN
(
    SELECT
        toString(source) AS source,
        max(stored_at) AS last_event_at,
        uniqExactIf(id, kafka_timestamp > now() - INTERVAL 1 HOUR) AS kept_last_hour,
        uniqExactIf(id, kafka_timestamp > now() - INTERVAL 1 DAY) AS kept_last_day,
        quantilesIf(0.5, 0.95)(
            dateDiff('millisecond', happened_at, stored_at) / 1000,
            is_first AND kafka_timestamp > now() - INTERVAL 1 DAY
        ) AS lag_sec
    FROM
    (
        SELECT
            source,
            sipHash64(mention_id) AS id,
            published_at AS happened_at,
            kafka_timestamp,
            stored_at,
            counted AS is_first
        FROM mentions
        WHERE stored_at > now() - INTERVAL 7 DAY
        UNION ALL
        SELECT
            source,
            sipHash64(interaction_id) AS id,
            occurred_at AS happened_at,
            kafka_timestamp,
            stored_at,
            1 AS is_first
        FROM interactions
        WHERE stored_at > now() - INTERVAL 7 DAY
    )
    GROUP BY source
) AS heard USING source;

-- records = mentions + edits + interactions + deletions + heartbeats + duplicates + dead_letters
--           + filtered
ALTER TABLE ledger
    ADD COLUMN IF NOT EXISTS edits UInt32 AFTER mentions,
    ADD COLUMN IF NOT EXISTS deletions UInt32 AFTER interactions,
    ADD COLUMN IF NOT EXISTS rules_version LowCardinality(String) AFTER model_version;

-- What networks took back. `escucha upkeep` carries it out, also on rows that come later.
CREATE TABLE IF NOT EXISTS deletions
(
    target LowCardinality(String),
    target_id String,
    source LowCardinality(String),
    author_id String,
    deleted_at DateTime64(3, 'UTC'),
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(kafka_timestamp)
ORDER BY (target, target_id, source)
TTL toDateTime(stored_at) + INTERVAL 90 DAY -- longer than any topic could bring the row again
SETTINGS non_replicated_deduplication_window = 30000;

-- Where rows were that are gone, for the ledger: places, nothing of what was said or by whom.
CREATE TABLE IF NOT EXISTS erased
(
    table_name LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    reason LowCardinality(String),
    erased_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(erased_at)
ORDER BY (table_name, topic_id, kafka_partition, kafka_offset);

-- Every set of listening rules that was ever in force; the highest sequence is. Sequence 0 are
-- the rules a release brings along, which hold until somebody applies others.
CREATE TABLE IF NOT EXISTS rule_versions
(
    sequence UInt32,
    version String,
    listening String,
    applied_by String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY (sequence, version)
SETTINGS non_replicated_deduplication_window = 30000;

-- What re-running rules over Kafka's history stored beyond the ledger: mentions and interactions
-- that were filtered out when they came. One row per span, planned before its rows.
CREATE TABLE IF NOT EXISTS backfills
(
    rules_version LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    position UInt64,
    last_offset UInt64,
    mentions UInt32,
    edits UInt32,
    interactions UInt32,
    offsets Array(UInt64), -- of what is stored, so that a repeated run stores the same
    edit_offsets Array(UInt64), -- of those, newer versions of mentions that were there
    planned_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (topic_id, kafka_partition, position, rules_version)
SETTINGS non_replicated_deduplication_window = 30000;
