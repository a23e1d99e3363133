-- More of what the model says of a mention. `sentiment_score` runs from -1 to 1: the probability of
-- positive less that of negative. Rows from before carry the defaults until they are scored again.
ALTER TABLE mentions
    ADD COLUMN IF NOT EXISTS needs_reply UInt8,
    ADD COLUMN IF NOT EXISTS needs_reply_probability Float32,
    ADD COLUMN IF NOT EXISTS sentiment LowCardinality(String),
    ADD COLUMN IF NOT EXISTS sentiment_score Float32,
    ADD COLUMN IF NOT EXISTS acts Array(LowCardinality(String));
