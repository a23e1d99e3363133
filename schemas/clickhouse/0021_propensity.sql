-- The chance that an author buys within `horizon_days` of a moment, as a version of the model says;
-- where there were too few orders to learn from there is none, and only the evidence of intent.
CREATE TABLE IF NOT EXISTS propensity
(
    author_id String,
    horizon_days UInt16,
    as_of DateTime64(3, 'UTC'),
    model_version LowCardinality(String),
    status LowCardinality(String), -- 'probability', or 'too few orders'
    probability Nullable(Float32),
    probability_low Nullable(Float32),
    probability_high Nullable(Float32),
    evidence LowCardinality(String), -- the strongest sign of intent, from 'none' to 'active this week'
    active_7d UInt32,
    active_30d UInt32,
    latent_30d UInt32,
    strongest_30d Float32, -- the highest chance of intent of a mention
    is_fallback UInt8,
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX stored_at_range stored_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (author_id, horizon_days, as_of, model_version)
TTL toDateTime(as_of) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 30000;
