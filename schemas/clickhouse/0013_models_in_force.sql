-- How often this text of a mention was judged anew after it was stored. It is part of `version`,
-- whose lower 16 bits are the sequence number of the rules that matched the row plus this: whatever
-- changes one of the two makes a newer row, and an edit is newer than all of that.
ALTER TABLE mentions
    ADD COLUMN IF NOT EXISTS rescored UInt16 DEFAULT 0;

-- Which model was promoted when, as the workers took it up; several write the same row.
CREATE TABLE IF NOT EXISTS model_versions
(
    version LowCardinality(String),
    since DateTime64(3, 'UTC'),
    card String,
    promoted_by String,
    host String,
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(noted_at)
ORDER BY (since, version)
SETTINGS non_replicated_deduplication_window = 30000;

-- Which model was in shadow from when on; the newest row holds, and an empty version is none.
CREATE TABLE IF NOT EXISTS shadow_models
(
    version String,
    since DateTime64(3, 'UTC') DEFAULT now64(3),
    set_by String
)
ENGINE = MergeTree
ORDER BY since
SETTINGS non_replicated_deduplication_window = 30000;

-- By which models each worker judges, said once a minute and when it changes. `trouble` tells why
-- it has not taken up the model it should.
CREATE TABLE IF NOT EXISTS worker_models
(
    worker String,
    model_version LowCardinality(String),
    shadow_version LowCardinality(String),
    trouble String,
    seen_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(seen_at)
ORDER BY worker
TTL toDateTime(seen_at) + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 30000;

-- What a model in shadow says of each mention; `judged_by` is the model whose word `mentions` has.
-- `edited_at` tells the versions of a mention, 0 is its first text.
CREATE TABLE IF NOT EXISTS shadow_judgements
(
    mention_id String,
    published_at DateTime64(3, 'UTC'),
    edited_at DateTime64(3, 'UTC') DEFAULT 0,
    model_version LowCardinality(String),
    judged_by LowCardinality(String),
    intent LowCardinality(String),
    intent_latent Float32,
    intent_active Float32,
    stage LowCardinality(String),
    stage_probability Float32,
    stage_probabilities Array(Float32), -- in the order of the journey, from 'none'
    needs_reply UInt8,
    needs_reply_probability Float32,
    sentiment LowCardinality(String),
    sentiment_score Float32,
    sentiment_negative Float32,
    sentiment_positive Float32,
    acts Array(LowCardinality(String)),
    act_probabilities Array(Float32), -- in the order of schemas/labels.py
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX mention_id_bloom mention_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX stored_at_range stored_at TYPE minmax GRANULARITY 1,
    INDEX kafka_offset_range kafka_offset TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYear(published_at)
ORDER BY (model_version, toStartOfMinute(published_at), mention_id, edited_at)
TTL toDateTime(stored_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 30000;

-- Per day and language: how often a model in shadow says something else than the one in force.
CREATE VIEW IF NOT EXISTS shadow_disagreement AS
SELECT
    s.model_version AS model_version,
    s.judged_by AS judged_by,
    toDate(m.published_at, 'UTC') AS day,
    toString(m.lang) AS lang,
    count() AS mentions,
    countIf(s.intent != m.intent) AS intent_differs,
    countIf(s.stage != m.stage) AS stage_differs,
    countIf(s.needs_reply != m.needs_reply) AS needs_reply_differs,
    countIf(s.intent = 'active') AS active_in_shadow,
    countIf(m.intent = 'active') AS active_in_force
FROM mentions AS m FINAL
INNER JOIN
(
    SELECT * FROM shadow_judgements FINAL
) AS s ON s.mention_id = m.mention_id AND s.edited_at = m.edited_at AND s.judged_by = m.model_version
GROUP BY model_version, judged_by, day, lang;

-- Who rewrites stored mentions at the moment: one at a time, or one could undo the other.
CREATE TABLE IF NOT EXISTS rewrites
(
    holder String,
    what String,
    ended UInt8,
    seen_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(seen_at)
ORDER BY (holder, ended)
TTL toDateTime(seen_at) + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 30000;
