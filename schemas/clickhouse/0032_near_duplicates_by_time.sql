-- `near_duplicates` once more, in order of time instead of mention: a panel that asks for the copies
-- of some days would read all of the other.
CREATE TABLE IF NOT EXISTS near_duplicates_by_time
(
    published_at DateTime64(3, 'UTC'),
    mention_id String,
    original String,
    parent String,
    found_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(found_at)
ORDER BY (published_at, mention_id)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE MATERIALIZED VIEW IF NOT EXISTS near_duplicates_by_time_view TO near_duplicates_by_time AS
SELECT published_at, mention_id, original, parent, found_at FROM near_duplicates;

-- What was found before; a row that comes twice replaces itself.
INSERT INTO near_duplicates_by_time (published_at, mention_id, original, parent, found_at)
SELECT published_at, mention_id, original, parent, found_at FROM near_duplicates;
