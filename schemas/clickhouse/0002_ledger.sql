-- The plan of every batch, written before its rows (see ARCHITECTURE.md, "Exactly once").
-- `position` is where the batch begins: the offset after the batch before it. Within one
-- (topic_id, kafka_partition) the plans form a chain without gap or overlap, and
--   records = mentions + interactions + heartbeats + duplicates + dead_letters + filtered.
CREATE TABLE IF NOT EXISTS ledger
(
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    position UInt64,
    first_offset UInt64,
    last_offset UInt64,
    records UInt32,
    mentions UInt32,
    interactions UInt32,
    heartbeats UInt32,
    duplicates UInt32,
    dead_letters UInt32,
    filtered UInt32,
    worker String,
    model_version LowCardinality(String),
    planned_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (topic_id, kafka_partition, position)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stage LowCardinality(String),
    reason String,
    key String,
    value String,
    seen_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (topic_id, kafka_partition, kafka_offset)
SETTINGS non_replicated_deduplication_window = 30000;

-- What an operator sent back to its topic; a letter without a row here still waits.
CREATE TABLE IF NOT EXISTS dead_letter_replays
(
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    replayed_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(replayed_at)
ORDER BY (topic_id, kafka_partition, kafka_offset);
