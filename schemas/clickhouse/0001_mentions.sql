-- One row per mention. The worker drops what a source sends twice before it gets here
-- (streams/steps/duplicates.py); ReplacingMergeTree absorbs what slips through and will carry
-- edits and deletions. `published_at` never changes for a mention_id, so both rows of a pair
-- share the sorting key. The deduplication window makes insert_deduplication_token work: its
-- default of 0 switches tokens off without a word.
CREATE TABLE IF NOT EXISTS mentions
(
    mention_id String,
    source LowCardinality(String),
    kind LowCardinality(String),
    author_id String,
    author_handle String,
    author_name String,
    followers UInt64,
    text String,
    lang LowCardinality(String),
    url String,
    parent_id String,
    root_id String,
    parent_text String,
    likes UInt64,
    reposts UInt64,
    replies UInt64,
    quotes UInt64,
    views UInt64,
    published_at DateTime64(3, 'UTC'),
    brands Array(LowCardinality(String)),
    intent LowCardinality(String),
    intent_latent Float32,
    intent_active Float32,
    stage LowCardinality(String),
    stage_probability Float32,
    model_version LowCardinality(String),
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3),
    version UInt64 DEFAULT 0,
    is_deleted UInt8 DEFAULT 0,
    INDEX stored_at_range stored_at TYPE minmax GRANULARITY 1,
    INDEX kafka_offset_range kafka_offset TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(published_at)
ORDER BY (toStartOfMinute(published_at), mention_id)
SETTINGS non_replicated_deduplication_window = 30000;

-- Volume, intent and stage per hour, counted once per mention.
CREATE TABLE IF NOT EXISTS mentions_hourly
(
    hour DateTime('UTC'),
    source LowCardinality(String),
    lang LowCardinality(String),
    intent LowCardinality(String),
    stage LowCardinality(String),
    mentions UInt64
)
ENGINE = SummingMergeTree(mentions)
PARTITION BY toYear(hour)
ORDER BY (hour, source, lang, intent, stage)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE MATERIALIZED VIEW IF NOT EXISTS mentions_hourly_view TO mentions_hourly AS
SELECT
    toStartOfHour(published_at) AS hour,
    source,
    lang,
    intent,
    stage,
    count() AS mentions
FROM mentions
GROUP BY hour, source, lang, intent, stage;

-- The same per brand; a mention of two brands counts for each, of none under ''.
CREATE TABLE IF NOT EXISTS brand_mentions_hourly
(
    hour DateTime('UTC'),
    brand LowCardinality(String),
    source LowCardinality(String),
    lang LowCardinality(String),
    intent LowCardinality(String),
    stage LowCardinality(String),
    mentions UInt64
)
ENGINE = SummingMergeTree(mentions)
PARTITION BY toYear(hour)
ORDER BY (hour, brand, source, lang, intent, stage)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE MATERIALIZED VIEW IF NOT EXISTS brand_mentions_hourly_view TO brand_mentions_hourly AS
SELECT
    toStartOfHour(published_at) AS hour,
    arrayJoin(if(empty(brands), [''], brands)) AS brand,
    source,
    lang,
    intent,
    stage,
    count() AS mentions
FROM mentions
GROUP BY hour, brand, source, lang, intent, stage;
