-- What is watched of mentions, counted by hour of their record in Kafka, by the model that judged
-- them first: of all (scope 'all'), of each language and of each source. `what` names what is
-- counted (models/drift.py), '' the mentions themselves and their voices (an author in an hour).
-- Counts by bin; nothing of what was said or by whom.
CREATE TABLE IF NOT EXISTS drift_counts
(
    model_version LowCardinality(String),
    hour DateTime('UTC'),
    scope LowCardinality(String),
    name LowCardinality(String),
    what LowCardinality(String),
    counts Map(String, UInt64),
    counted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(counted_at)
ORDER BY (model_version, hour, scope, name, what);

-- How far a day is from the first seven days that the model was in force; the last row of a model
-- is of the 24 hours up to now. `moved` has the bins that tell most of it: name, share then, now.
CREATE TABLE IF NOT EXISTS model_drift
(
    model_version LowCardinality(String),
    day Date,
    scope LowCardinality(String),
    name LowCardinality(String),
    what LowCardinality(String),
    kind LowCardinality(String),
    draws UInt64,
    reference_draws UInt64,
    bins UInt16,
    psi Float32,
    noise Float32,
    floor Float32,
    is_enough UInt8,
    is_alarm UInt8,
    moved Array(Tuple(String, Float32, Float32)),
    computed_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(computed_at)
ORDER BY (model_version, day, scope, name, what);

-- Calibration on the labels of the 30 days up to a day: those of the random draw, given without a
-- look at the model. The bounds of precision and recall are NULL where there is nothing to count.
CREATE TABLE IF NOT EXISTS model_calibration
(
    model_version LowCardinality(String),
    day Date,
    head LowCardinality(String),
    scope LowCardinality(String),
    name LowCardinality(String),
    labels UInt32,
    positives UInt32,
    ece Float32,
    ece_low Float32,
    ece_high Float32,
    noise Float32,
    floor Float32,
    precision Nullable(Float32),
    precision_low Nullable(Float32),
    precision_high Nullable(Float32),
    recall Nullable(Float32),
    recall_low Nullable(Float32),
    recall_high Nullable(Float32),
    is_alarm UInt8,
    computed_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(computed_at)
ORDER BY (model_version, day, head, scope, name);
