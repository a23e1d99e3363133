-- What people wrote beside a change, and from when on an alert is in its state: what people do about
-- it must neither put off its end nor the time until the series may open another.
ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS note String DEFAULT '';
ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS state_at DateTime64(3, 'UTC') DEFAULT at;

CREATE OR REPLACE VIEW alerts_current AS
SELECT *
FROM alerts FINAL
ORDER BY change DESC
LIMIT 1 BY alert_id;

-- What the detector counted and what the time of the week would have brought, by 20 minutes, around
-- an alert. Counts only: who was forgotten stays counted, as in the alert itself.
CREATE TABLE IF NOT EXISTS alert_counts
(
    alert_id String,
    at DateTime('UTC'), -- where the 20 minutes begin
    observed UInt32, -- people who spoke up in them
    expected Float64,
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (alert_id, at)
SETTINGS non_replicated_deduplication_window = 30000;

-- What could not be delivered, the last attempt of each: why, and how many there were.
CREATE TABLE IF NOT EXISTS alert_faults
(
    channel LowCardinality(String),
    alert_id String,
    change UInt32,
    attempts UInt32,
    reason String, -- without address or secret
    tried_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(tried_at)
ORDER BY (channel, alert_id, change)
SETTINGS non_replicated_deduplication_window = 30000;
