-- Comparisons of models that people asked for in the console, when they ended and how.
CREATE TABLE IF NOT EXISTS model_comparisons
(
    id String,
    a LowCardinality(String),
    b LowCardinality(String),
    asked_by String,
    asked_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC') DEFAULT now64(3),
    state LowCardinality(String), -- done, failed or cancelled
    passed UInt8, -- the gate would let b take the place of a
    gate String, -- what it said, or why it could not
    result String -- JSON: figures, and examples out of the project's own corpus
)
ENGINE = ReplacingMergeTree(ended_at)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 30000;
