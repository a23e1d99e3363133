-- Events of the shop and of people: orders, gestures, labels. Money is a decimal, never a float.
CREATE TABLE IF NOT EXISTS orders
(
    order_id String,
    author_id String,
    ordered_at DateTime64(3, 'UTC'),
    amount Decimal(18, 4),
    currency LowCardinality(String),
    items UInt32,
    product String,
    referred_by String,
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(kafka_timestamp)
ORDER BY (author_id, order_id)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE TABLE IF NOT EXISTS gestures
(
    gesture_id String,
    author_id String,
    given_at DateTime64(3, 'UTC'),
    cost Decimal(18, 4),
    currency LowCardinality(String),
    description String,
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(kafka_timestamp)
ORDER BY (author_id, gesture_id)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE TABLE IF NOT EXISTS labels
(
    mention_id String,
    labeller String,
    labelled_at DateTime64(3, 'UTC'),
    guide_version LowCardinality(String),
    intent LowCardinality(String),
    stage LowCardinality(String),
    needs_reply LowCardinality(String),
    topic LowCardinality(String),
    topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_timestamp DateTime64(3, 'UTC'),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(labelled_at)
ORDER BY (mention_id, labeller)
SETTINGS non_replicated_deduplication_window = 30000;

-- records = mentions + edits + interactions + deletions + heartbeats + orders + gestures + labels
--           + duplicates + dead_letters + filtered
ALTER TABLE ledger
    ADD COLUMN IF NOT EXISTS orders UInt32 AFTER heartbeats,
    ADD COLUMN IF NOT EXISTS gestures UInt32 AFTER orders,
    ADD COLUMN IF NOT EXISTS labels UInt32 AFTER gestures;
