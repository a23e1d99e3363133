-- Which mentions say the same: the copies of one text share the `original` they were collapsed
-- into, the earliest of them. Filled by `escucha upkeep`; a mention without a row stands alone.
CREATE TABLE IF NOT EXISTS near_duplicates
(
    mention_id String,
    original String,
    reason LowCardinality(String),
    similarity Float32,
    published_at DateTime64(3, 'UTC'),
    found_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(found_at)
ORDER BY mention_id;
