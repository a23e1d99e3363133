-- Receipts of `escucha forget`: what was erased where, and the proof that nothing is left. Who
-- asked is kept only as a keyed hash.
CREATE TABLE IF NOT EXISTS erasure_receipts
(
    receipt_id String,
    subject_hash String,
    requested_at DateTime64(3, 'UTC'),
    finished_at DateTime64(3, 'UTC'),
    receipt String
)
ENGINE = MergeTree
ORDER BY (finished_at, receipt_id);

-- Up to when each job of `escucha upkeep` has looked at what was stored.
CREATE TABLE IF NOT EXISTS upkeep_marks
(
    job LowCardinality(String),
    mark DateTime64(3, 'UTC'),
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(noted_at)
ORDER BY job;

-- By these, upkeep finds what a deletion names without reading whole tables.
ALTER TABLE mentions
    ADD INDEX IF NOT EXISTS parent_id_bloom parent_id TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE interactions
    ADD INDEX IF NOT EXISTS interaction_id_bloom interaction_id
        TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS author_id_bloom author_id TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS stored_at_range stored_at TYPE minmax GRANULARITY 1;

ALTER TABLE deletions
    ADD INDEX IF NOT EXISTS stored_at_range stored_at TYPE minmax GRANULARITY 1;

ALTER TABLE erased
    ADD INDEX IF NOT EXISTS erased_at_range erased_at TYPE minmax GRANULARITY 1;
