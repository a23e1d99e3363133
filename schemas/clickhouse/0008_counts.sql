-- Counts per hour that know which batches they have counted, so that whether a batch is in them can
-- be looked at when ClickHouse was killed in the middle of it (streams/landing.py). They take the
-- place of mentions_hourly. `batch` numbers the batch a row came with; 0 is from before.
ALTER TABLE mentions
    ADD COLUMN IF NOT EXISTS batch UInt64;

CREATE TABLE IF NOT EXISTS mentions_by_hour
(
    hour DateTime('UTC'),
    source LowCardinality(String),
    lang LowCardinality(String),
    intent LowCardinality(String),
    stage LowCardinality(String),
    mentions SimpleAggregateFunction(sum, UInt64),
    batches AggregateFunction(groupBitmap, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(hour)
ORDER BY (hour, source, lang, intent, stage)
SETTINGS non_replicated_deduplication_window = 30000;

-- `counted` is 1 in the first row of a mention, 0 in later versions and re-runs of rules, 2 in a
-- first row that was inserted again and is counted apart, if it is not yet.
CREATE MATERIALIZED VIEW IF NOT EXISTS mentions_by_hour_view TO mentions_by_hour AS
SELECT
    toStartOfHour(published_at) AS hour,
    source,
    lang,
    intent,
    stage,
    count() AS mentions,
    groupBitmapState(batch) AS batches
FROM mentions
WHERE counted = 1
GROUP BY hour, source, lang, intent, stage;

-- What is counted apart passes through here and stays nowhere else.
CREATE TABLE IF NOT EXISTS mentions_to_count
(
    published_at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    lang LowCardinality(String),
    intent LowCardinality(String),
    stage LowCardinality(String),
    batch UInt64
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS mentions_to_count_view TO mentions_by_hour AS
SELECT
    toStartOfHour(published_at) AS hour,
    source,
    lang,
    intent,
    stage,
    count() AS mentions,
    groupBitmapState(batch) AS batches
FROM mentions_to_count
GROUP BY hour, source, lang, intent, stage;

DROP VIEW IF EXISTS mentions_hourly_view;

INSERT INTO mentions_by_hour (hour, source, lang, intent, stage, mentions)
SETTINGS insert_deduplication_token = '0008_counts'
SELECT hour, source, lang, intent, stage, sum(mentions)
FROM mentions_hourly
GROUP BY hour, source, lang, intent, stage;
