-- The heads of queues and lists of people, as they were a few minutes ago, for panels; the pages of
-- the console read the queues themselves.
CREATE TABLE IF NOT EXISTS leads_top
(
    source LowCardinality(String),
    author_id String,
    author_handle String,
    lead_kind LowCardinality(String),
    brands Array(LowCardinality(String)),
    topics Array(LowCardinality(String)),
    strength Float64,
    evidence UInt64,
    last_at DateTime64(3, 'UTC'),
    owner String,
    due_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (source, author_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS leads_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO leads_top AS
SELECT
    source, author_id, author_handle, lead_kind, brands, topics, strength,
    open_evidence AS evidence, last_at, owner, due_at
FROM leads
WHERE is_open
ORDER BY strength DESC, last_at DESC, source, author_id
LIMIT 500;

CREATE TABLE IF NOT EXISTS care_queue_top
(
    source LowCardinality(String),
    mention_id String,
    author_id String,
    author_handle String,
    asked_at DateTime64(3, 'UTC'),
    due_at DateTime64(3, 'UTC'),
    account String,
    sentiment LowCardinality(String),
    brands Array(LowCardinality(String)),
    topics Array(LowCardinality(String)),
    lang LowCardinality(String),
    owner String
)
ENGINE = MergeTree
ORDER BY (source, mention_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS care_queue_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO care_queue_top AS
SELECT
    source, mention_id, author_id, author_handle, asked_at, due_at, account, sentiment, brands,
    topics, lang, owner
FROM care_queue
WHERE status = 'open'
ORDER BY due_at, source, mention_id
LIMIT 500;

-- Who is likeliest to buy, by the newest reckoning; where there were too few orders to learn from,
-- by the evidence of intent alone.
CREATE TABLE IF NOT EXISTS propensity_top
(
    author_id String,
    horizon_days UInt16,
    as_of DateTime64(3, 'UTC'),
    status LowCardinality(String),
    probability Nullable(Float32),
    probability_low Nullable(Float32),
    probability_high Nullable(Float32),
    evidence LowCardinality(String),
    active_30d UInt32,
    latent_30d UInt32,
    strongest_30d Float32
)
ENGINE = MergeTree
ORDER BY (author_id, horizon_days)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS propensity_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO propensity_top AS
SELECT
    author_id, horizon_days, as_of, status, probability, probability_low, probability_high,
    evidence, active_30d, latent_30d, strongest_30d
FROM propensity FINAL
WHERE as_of = (SELECT max(as_of) FROM propensity)
ORDER BY probability DESC NULLS LAST, strongest_30d DESC, active_30d DESC, author_id
LIMIT 200;

-- What the best customers and the best rated people talk about besides the brand.
CREATE TABLE IF NOT EXISTS interests_top
(
    author_id String,
    interest LowCardinality(String),
    mentions UInt64,
    last_at DateTime64(3, 'UTC'),
    rating Float64
)
ENGINE = MergeTree
ORDER BY (author_id, interest)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS interests_top_view
REFRESH EVERY 10 MINUTE DEPENDS ON ratings_top_view TO interests_top AS
SELECT
    r.author_id AS author_id,
    toString(i.interest) AS interest,
    sum(i.mentions) AS mentions,
    max(i.last_at) AS last_at,
    max(r.rating) AS rating
FROM ratings_top AS r
INNER JOIN
(
    SELECT author_id, interest, mentions, last_at
    FROM author_interests
    WHERE author_id IN (SELECT author_id FROM ratings_top)
) AS i ON i.author_id = r.author_id
GROUP BY author_id, interest;
