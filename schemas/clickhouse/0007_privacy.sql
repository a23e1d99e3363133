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
