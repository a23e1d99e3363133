-- What panels show of views and tables that grow with the number of people: kept small, so that a
-- panel answers within 200 ms at 100 million mentions (tests/bench/panel_times.py). Each is its
-- view's answer of a few minutes ago and nothing else; the views stay for whoever wants all rows.

-- The best customers: those among the first hundred of their currency by any of the three orders.
CREATE TABLE IF NOT EXISTS customers_top
(
    author_id String,
    handle String,
    currency LowCardinality(String),
    value_items Decimal(38, 4),
    value_trips Decimal(38, 4),
    influence_factor UInt64,
    value_influence Decimal(38, 4),
    collaboration_factor UInt64,
    value_collaboration Decimal(38, 4),
    lifetime_value Decimal(38, 4),
    referral_value Decimal(38, 4),
    influence_value Decimal(38, 4),
    knowledge_value Decimal(38, 4),
    additive_value Decimal(38, 4),
    rank_transactions UInt64,
    rank_social UInt64,
    rank_additive UInt64
)
ENGINE = MergeTree
ORDER BY (currency, author_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS customers_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO customers_top AS
SELECT
    author_id, handle, currency, value_items, value_trips, influence_factor, value_influence,
    collaboration_factor, value_collaboration, lifetime_value, referral_value, influence_value,
    knowledge_value, additive_value, rank_transactions, rank_social, rank_additive
FROM social_customer_value
WHERE least(rank_transactions, rank_social, rank_additive) <= 100;

-- The two hundred people with the highest rating.
CREATE TABLE IF NOT EXISTS ratings_top
(
    author_id String,
    handle String,
    rating Float64,
    segment LowCardinality(String),
    reach Float64,
    recommendation Float64,
    influence Float64,
    collaboration Float64,
    reciprocity Float64,
    loyalty Float64,
    constancy Float64
)
ENGINE = MergeTree
ORDER BY author_id
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS ratings_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO ratings_top AS
SELECT
    author_id, handle, rating, segment, reach, recommendation, influence, collaboration, reciprocity,
    loyalty, constancy
FROM social_rating
ORDER BY rating DESC, author_id
LIMIT 200;

-- The two hundred customers with the strongest bonds, all four together.
CREATE TABLE IF NOT EXISTS bonds_top
(
    author_id String,
    handle String,
    structural Float64,
    emotional Float64,
    financial Float64,
    social Float64
)
ENGINE = MergeTree
ORDER BY author_id
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS bonds_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO bonds_top AS
SELECT author_id, handle, structural, emotional, financial, social
FROM customer_bonds
ORDER BY structural + emotional + financial + social DESC, author_id
LIMIT 200;

-- The two hundred people who move most.
CREATE TABLE IF NOT EXISTS influence_top
(
    author_id String,
    handle String,
    followers UInt64,
    recommended UInt64,
    exposed_people UInt64,
    influenced_people UInt64,
    influenced_net Decimal(18, 6),
    net_low Float64,
    net_high Float64,
    unmatched UInt64
)
ENGINE = MergeTree
ORDER BY author_id
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS influence_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO influence_top AS
SELECT
    author_id, handle, followers, recommended, exposed_people, influenced_people, influenced_net,
    net_low, net_high, unmatched
FROM influence
ORDER BY influenced_net DESC, influenced_people DESC, author_id
LIMIT 200;

-- Figures of everybody: how many people each segment has, how many customers there are, how many
-- people were moved, net.
CREATE TABLE IF NOT EXISTS people_figures
(
    what LowCardinality(String), -- segment, customers, moved
    name LowCardinality(String),
    number Float64
)
ENGINE = MergeTree
ORDER BY (what, name)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS people_figures_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO people_figures AS
SELECT 'segment' AS what, toString(segment) AS name, toFloat64(count()) AS number
FROM social_rating
GROUP BY segment
UNION ALL
SELECT 'customers', '', toFloat64(uniqExact(author_id)) FROM orders FINAL WHERE amount > 0
UNION ALL
SELECT 'moved', '', toFloat64(sum(influenced_net)) FROM influence;

-- What communities give and get, the two hundred largest.
CREATE TABLE IF NOT EXISTS exchange_top
(
    community UInt32,
    people UInt64,
    attention_given UInt64,
    knowledge_given UInt64,
    recommendations_given UInt64,
    orders_given UInt64,
    answers_received_from_brand UInt64,
    gestures_received UInt64
)
ENGINE = MergeTree
ORDER BY community
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS exchange_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO exchange_top AS
SELECT
    community, people, attention_given, knowledge_given, recommendations_given, orders_given,
    answers_received_from_brand, gestures_received
FROM exchange_by_community
ORDER BY people DESC, community
LIMIT 200;

-- Orders by month and currency, and how they came: referral_shares.
CREATE TABLE IF NOT EXISTS referral_months
(
    month Date,
    currency LowCardinality(String),
    orders UInt64,
    named UInt64,
    answered UInt64,
    reacted UInt64,
    type_1 UInt64,
    type_2 UInt64,
    unattributed UInt64,
    amount_type_1 Decimal(38, 4),
    amount_type_2 Decimal(38, 4)
)
ENGINE = MergeTree
ORDER BY (month, currency)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS referral_months_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO referral_months AS
SELECT
    month, currency, orders, named, answered, reacted, type_1, type_2, unattributed, amount_type_1,
    amount_type_2
FROM referral_shares;

-- What gestures cost and brought, day by day: sums of gesture_ledger.
CREATE TABLE IF NOT EXISTS gesture_days
(
    day Date,
    currency LowCardinality(String),
    gestures UInt64,
    net Decimal(38, 4),
    net_low Decimal(38, 4),
    net_high Decimal(38, 4)
)
ENGINE = MergeTree
ORDER BY (day, currency)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS gesture_days_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO gesture_days AS
SELECT
    toDate(at, 'UTC') AS day,
    currency,
    countIf(kind = 'gesture') AS gestures,
    sum(if(how = 'reacted', toDecimal128(0, 4), amount)) AS net,
    sum(if(how != '' AND NOT is_sure, toDecimal128(0, 4), amount)) AS net_low,
    sum(amount) AS net_high
FROM gesture_ledger
GROUP BY day, currency;

-- The two hundred people of each currency whose gestures came back best.
CREATE TABLE IF NOT EXISTS gestures_top
(
    author_id String,
    currency LowCardinality(String),
    gestures UInt64,
    first_given_at DateTime64(3, 'UTC'),
    cost Decimal(38, 4),
    direct_revenue Decimal(38, 4),
    referred_revenue Decimal(38, 4),
    net Decimal(38, 4),
    net_low Decimal(38, 4),
    net_high Decimal(38, 4)
)
ENGINE = MergeTree
ORDER BY (currency, author_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS gestures_top_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO gestures_top AS
SELECT
    author_id, currency, gestures, first_given_at, cost, direct_revenue, referred_revenue, net,
    net_low, net_high
FROM gesture_returns
ORDER BY net DESC, author_id
LIMIT 200 BY currency;

-- First contacts in the order of time, without who they were.
CREATE TABLE IF NOT EXISTS first_contacts_timed
(
    first_at DateTime64(3, 'UTC'),
    brand LowCardinality(String),
    source LowCardinality(String),
    lang LowCardinality(String),
    topics Array(LowCardinality(String)),
    kind LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY toStartOfHour(first_at)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS first_contacts_timed_view
REFRESH EVERY 10 MINUTE DEPENDS ON first_contacts_kept_view TO first_contacts_timed AS
SELECT first_at, brand, source, first_lang AS lang, first_topics AS topics, first_kind AS kind
FROM first_contacts_kept;

-- Where people are now: journey_stalls.
CREATE TABLE IF NOT EXISTS journey_places
(
    brand LowCardinality(String),
    step LowCardinality(String),
    authors UInt64,
    stalled UInt64
)
ENGINE = MergeTree
ORDER BY (brand, step)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS journey_places_view
REFRESH EVERY 10 MINUTE DEPENDS ON journey_steps_view TO journey_places AS
SELECT brand, step, authors, stalled FROM journey_stalls;

-- Changes of stage by day. `stayed` keeps how long people stayed, for medians.
CREATE TABLE IF NOT EXISTS journey_changes
(
    day Date,
    brand LowCardinality(String),
    source LowCardinality(String),
    step LowCardinality(String),
    step_after LowCardinality(String),
    changes UInt64,
    stayed AggregateFunction(quantileTDigest(0.5), Int64)
)
ENGINE = MergeTree
ORDER BY (day, brand, source, step, step_after)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS journey_changes_view
REFRESH EVERY 10 MINUTE DEPENDS ON journey_steps_view TO journey_changes AS
SELECT
    toDate(at, 'UTC') AS day,
    brand,
    source,
    step,
    step_after,
    count() AS changes,
    quantileTDigestState(0.5)(assumeNotNull(stayed_sec)) AS stayed
FROM journey_steps
WHERE step_after != ''
GROUP BY day, brand, source, step, step_after;

-- The funnel by week: journey_funnel.
CREATE TABLE IF NOT EXISTS journey_cohorts
(
    cohort Date,
    voiced_intent UInt64,
    had_contact UInt64,
    considered UInt64,
    decided UInt64,
    bought UInt64,
    used UInt64,
    advocated UInt64
)
ENGINE = MergeTree
ORDER BY cohort
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS journey_cohorts_view
REFRESH EVERY 10 MINUTE DEPENDS ON author_journeys_view TO journey_cohorts AS
SELECT * FROM journey_funnel;

-- What was heard of each source lately, apart from its heartbeats: the part of sources_heard that
-- reads mentions.
CREATE VIEW IF NOT EXISTS sources_events AS
SELECT
    toString(source) AS source,
    max(stored_at) AS last_event_at,
    uniqExactIf(id, kafka_timestamp > now() - INTERVAL 1 HOUR) AS kept_last_hour,
    uniqExactIf(id, kafka_timestamp > now() - INTERVAL 1 DAY) AS kept_last_day,
    quantilesIf(0.5, 0.95)(
        dateDiff('millisecond', happened_at, stored_at) / 1000,
        is_first AND kafka_timestamp > now() - INTERVAL 1 DAY
    ) AS lag_sec
FROM
(
    SELECT
        source,
        sipHash64(mention_id) AS id,
        published_at AS happened_at,
        kafka_timestamp,
        stored_at,
        counted AS is_first
    FROM mentions
    WHERE stored_at > now() - INTERVAL 7 DAY
    UNION ALL
    SELECT
        source,
        sipHash64(interaction_id) AS id,
        occurred_at AS happened_at,
        kafka_timestamp,
        stored_at,
        1 AS is_first
    FROM interactions
    WHERE stored_at > now() - INTERVAL 7 DAY
)
GROUP BY source;

CREATE OR REPLACE VIEW sources_heard AS
SELECT
    source,
    if(watched.state = '', 'unwatched', toString(watched.state)) AS state,
    if(watched.state = '', heard.last_event_at, watched.last_sign_at) AS last_sign_at,
    watched.silent_sec AS silent_sec,
    watched.patience_sec AS patience_sec,
    heard.last_event_at AS last_event_at,
    heard.kept_last_hour AS kept_last_hour,
    heard.kept_last_day AS kept_last_day,
    heard.lag_sec[1] AS lag_p50_sec,
    heard.lag_sec[2] AS lag_p95_sec
FROM
(
    SELECT toString(producer) AS source, * FROM producer_states
) AS watched
FULL JOIN sources_events AS heard USING source;

CREATE TABLE IF NOT EXISTS sources_kept
(
    source LowCardinality(String),
    last_event_at DateTime64(3, 'UTC'),
    kept_last_hour UInt64,
    kept_last_day UInt64,
    lag_p50_sec Nullable(Float64),
    lag_p95_sec Nullable(Float64)
)
ENGINE = MergeTree
ORDER BY source
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS sources_kept_view
REFRESH EVERY 1 MINUTE TO sources_kept AS
SELECT
    source,
    last_event_at,
    kept_last_hour,
    kept_last_day,
    if(isFinite(lag_sec[1]), lag_sec[1], NULL) AS lag_p50_sec,
    if(isFinite(lag_sec[2]), lag_sec[2], NULL) AS lag_p95_sec
FROM sources_events;

-- What the model says of labelled mentions, so that nobody looks for a few among all.
CREATE TABLE IF NOT EXISTS labelled_mentions
(
    mention_id String,
    lang LowCardinality(String),
    intent LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY mention_id
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS labelled_mentions_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO labelled_mentions AS
SELECT mention_id, lang, intent
FROM mentions FINAL
WHERE mention_id IN (SELECT mention_id FROM labels);
