-- Every change of every alert of emerging intent: opened, growing, fading, closed, acknowledged,
-- snoozed. `change` counts the changes of one series (a brand or topic, in one language) from 1; who
-- makes a change inserts it under a token made of both, so of two that make the same one wins.
CREATE TABLE IF NOT EXISTS alerts
(
    kind LowCardinality(String), -- brand or topic
    series String,
    lang LowCardinality(String),
    change UInt32,
    alert_id String,
    event LowCardinality(String),
    state LowCardinality(String),
    at DateTime64(3, 'UTC'),
    opened_at DateTime64(3, 'UTC'),
    since DateTime64(3, 'UTC'), -- where what is unusual began
    severity UInt8, -- 1 is rare enough to be an alert, each more ten times rarer
    observed UInt32, -- different authors since then
    expected Float64, -- what the time of the week would have brought
    window_min UInt16, -- the window in which it stood out most
    false_per_week Float64, -- how often chance brings as much to this series
    sure Float64, -- the chance that in a week no watched series brings as much by chance alone
    watched UInt32, -- how many series were watched
    before_contact Nullable(Float32), -- share of its authors without an earlier contact
    words Array(String), -- that argued most for the intent
    link String,
    settings_version LowCardinality(String),
    settings String,
    notice UInt8, -- people are told of this change
    snoozed_until DateTime64(3, 'UTC') DEFAULT 0,
    acknowledged_by String,
    by String, -- who made the change, empty for the detector
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (kind, series, lang, change)
SETTINGS non_replicated_deduplication_window = 30000;

-- The mentions that show what an alert is about: up to five, of different authors, no copies.
CREATE TABLE IF NOT EXISTS alert_evidence
(
    alert_id String,
    mention_id String,
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (alert_id, mention_id)
SETTINGS non_replicated_deduplication_window = 30000;

-- What was delivered to whom; a channel is named by its kind and a hash, never by its address. A
-- channel's first row, of no alert, says from when on it wants to be told.
CREATE TABLE IF NOT EXISTS alert_deliveries
(
    channel LowCardinality(String),
    alert_id String,
    change UInt32,
    delivered_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(delivered_at)
ORDER BY (channel, alert_id, change)
SETTINGS non_replicated_deduplication_window = 30000;

-- Each alert as it stands.
CREATE VIEW IF NOT EXISTS alerts_current AS
SELECT *
FROM alerts FINAL
ORDER BY change DESC
LIMIT 1 BY alert_id;
