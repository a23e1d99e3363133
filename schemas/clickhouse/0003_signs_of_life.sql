-- Reactions without words: the reactive signals of a network.
CREATE TABLE IF NOT EXISTS interactions
(
    interaction_id String,
    source LowCardinality(String),
    kind LowCardinality(String),
    author_id String,
    author_handle String,
    target_id String,
    occurred_at DateTime64(3, 'UTC'),
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(kafka_timestamp)
PARTITION BY toYear(occurred_at)
ORDER BY (toStartOfMinute(occurred_at), interaction_id)
SETTINGS non_replicated_deduplication_window = 30000;

-- Freshness is stored_at minus kafka_timestamp; a producer that went silent is stalled.
CREATE TABLE IF NOT EXISTS heartbeats
(
    producer LowCardinality(String),
    sequence UInt64,
    sent_at DateTime64(3, 'UTC'),
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (producer, sent_at)
TTL toDateTime(sent_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 30000;
