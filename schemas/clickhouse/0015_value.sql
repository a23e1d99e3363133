-- The value of a social customer: tables that `escucha upkeep` computes anew from stored rows. Each
-- computation is a run; a run's rows are one partition, and views read the newest finished run, so
-- a reader never sees half of one. Nothing is counted up: what comes late, is edited or taken back
-- is right after the next run. How each is computed: streams/signals/value/sql.
CREATE TABLE IF NOT EXISTS value_runs
(
    run UInt64, -- the server's clock in milliseconds when it began, times 1024, and a random number
    seconds Float32,
    finished_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY run
TTL toDateTime(finished_at) + INTERVAL 30 DAY;

-- What an operator may set (`escucha value set`); rows of 1970 are what holds until then.
CREATE TABLE IF NOT EXISTS value_settings
(
    name LowCardinality(String),
    number Decimal(18, 4),
    text String,
    about String,
    set_by String,
    set_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY name;

INSERT INTO value_settings (name, number, text, about, set_at)
VALUES
    ('influence_days', 14, '', 'days in which an order counts as acting on an exposure', 0),
    ('referral_days', 30, '', 'days in which an order follows a recommendation given in person', 0),
    ('acquisition_cost', 0, '', 'what a referred customer saves who would have come anyway', 0),
    ('knowledge_worth', 0, '', 'what one collaborative act is worth', 0),
    ('margin', 1, '', 'share of an amount that is earned', 0),
    ('few', 20, '', 'below so many cases a comparison is too thin to say', 0),
    ('currency', 0, '', 'where a rate stands, amounts are told in it, else in their own', 0),
    ('ideas_topic', 0, 'ideas', 'the topic of the listening rules that finds ideas', 0);

-- What a unit of `currency` is in `into` from a day on, until the next row.
CREATE TABLE IF NOT EXISTS exchange_rates
(
    currency LowCardinality(String),
    into LowCardinality(String),
    valid_from Date,
    rate Decimal(18, 8),
    set_by String,
    set_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY (into, currency, valid_from);

-- Who said something: a person, staff of a brand, or a bot; and what of it, as counts of mentions.
-- Copies and what is likely spam count as said and as nothing else.
CREATE TABLE IF NOT EXISTS value_voices
(
    run UInt64,
    author_id String,
    kind LowCardinality(String), -- person, staff, bot
    handle String,
    followers UInt64,
    sources Array(LowCardinality(String)),
    mentions UInt32,
    originals UInt32, -- neither reposts, nor copies, nor spam
    weeks UInt32,
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    recommended UInt32,
    asked UInt32,
    tips UInt32,
    reviews UInt32,
    ideas UInt32,
    questions UInt32,
    complaints UInt32,
    praises UInt32,
    positive UInt32,
    negative UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY author_id;

-- Answers with both ends: who answered whom, and whether that helped, that is whether what was
-- answered asked for something.
CREATE TABLE IF NOT EXISTS value_answers
(
    run UInt64,
    author_id String,
    answered_id String,
    at DateTime64(3, 'UTC'),
    mention_id String,
    source LowCardinality(String),
    from_kind LowCardinality(String),
    to_kind LowCardinality(String),
    is_help UInt8,
    is_recommendation UInt8,
    is_original UInt8
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (author_id, answered_id);

-- Pairs of people of whom one answered the other, each once.
CREATE TABLE IF NOT EXISTS value_ties
(
    run UInt64,
    one String,
    other String,
    answers UInt32,
    is_mutual UInt8
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (one, other);

-- Which community a person is of; communities are numbered by size, 1 is the largest.
CREATE TABLE IF NOT EXISTS value_members
(
    run UInt64,
    author_id String,
    community UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY author_id;

-- Collaborative acts of people, each mention once.
CREATE TABLE IF NOT EXISTS value_collaboration
(
    run UInt64,
    author_id String,
    acts UInt32,
    helped UInt32,
    people_helped UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY author_id;

-- Who demonstrably saw whose recommendation: reacted to it, or was given it in an answer.
CREATE TABLE IF NOT EXISTS value_exposures
(
    run UInt64,
    person_id String,
    recommender_id String,
    at DateTime64(3, 'UTC'),
    mention_id String,
    how LowCardinality(String), -- answered, reacted
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (person_id, at);

-- How many of those who were about, and saw no recommendation, ordered: what would have happened
-- anyway. One row for each week and kind of person.
CREATE TABLE IF NOT EXISTS value_controls
(
    run UInt64,
    week Date,
    activity UInt8,
    orders_before UInt8,
    people UInt32,
    acted UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (week, activity, orders_before);

-- One row for each recommender and person: whether the person ordered after the first exposure, and
-- how probable that was anyway.
CREATE TABLE IF NOT EXISTS value_influence
(
    run UInt64,
    recommender_id String,
    person_id String,
    exposed_at DateTime64(3, 'UTC'),
    mention_id String,
    how LowCardinality(String),
    recommenders UInt32, -- to whom the person was exposed within the window, who share it
    acted UInt8,
    order_id String, -- the first one
    acted_at DateTime64(3, 'UTC'),
    expected Nullable(Float64), -- NULL: too few comparable people
    controls UInt32,
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (recommender_id, person_id);

-- Orders that follow a recommendation, each to one recommender.
CREATE TABLE IF NOT EXISTS value_referrals
(
    run UInt64,
    order_id String,
    buyer_id String,
    recommender_id String,
    how LowCardinality(String), -- named, answered, reacted
    type UInt8, -- 1: came by it. 2: would have come anyway
    ordered_at DateTime64(3, 'UTC'),
    exposed_at DateTime64(3, 'UTC'),
    mention_id String,
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (recommender_id, order_id);

-- All that is counted of a person, in one row.
CREATE TABLE IF NOT EXISTS value_people
(
    run UInt64,
    author_id String,
    handle String,
    followers UInt64,
    community UInt32,
    sources UInt32,
    mentions UInt32,
    originals UInt32,
    weeks UInt32,
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    recommended UInt32,
    asked UInt32,
    tips UInt32,
    reviews UInt32,
    ideas UInt32,
    questions UInt32,
    complaints UInt32,
    praises UInt32,
    positive UInt32,
    negative UInt32,
    collaborative_acts UInt32,
    helped UInt32,
    people_helped UInt32,
    ties UInt32,
    mutual_ties UInt32,
    answers_to_people UInt32,
    answers_from_people UInt32,
    answers_to_brand UInt32,
    answers_from_brand UInt32,
    reactions_given UInt32,
    reactions_received UInt32,
    exposed_people UInt32,
    influenced_people UInt32, -- who ordered after their recommendation, or named them
    influenced_net Decimal(18, 6), -- shared with other recommenders, less those expected anyway
    influenced_variance Decimal(18, 6), -- of what was expected
    acted_people UInt32, -- of those exposed
    acted_net Decimal(18, 6), -- of these alone
    influence_unmatched UInt32, -- exposed people without comparable ones
    orders UInt32,
    products UInt32,
    gestures UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY author_id;

-- Per community what ties it together.
CREATE TABLE IF NOT EXISTS value_communities
(
    run UInt64,
    community UInt32,
    brand LowCardinality(String), -- the one its members talk about most
    members UInt32,
    ties UInt32,
    mutual_ties UInt32,
    returning_members UInt32,
    helping_members UInt32,
    helps UInt32,
    answers_to_brand UInt32,
    answers_from_brand UInt32,
    members_answered_by_brand UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY community;

-- Per month and place: where people talk of the brands or need a reply, and where staff answer.
CREATE TABLE IF NOT EXISTS value_presence
(
    run UInt64,
    month Date,
    source LowCardinality(String),
    site LowCardinality(String),
    said UInt32, -- by people
    needed_reply UInt32,
    people UInt32,
    answers UInt32, -- of staff to people
    broadcasts UInt32, -- of staff to nobody in particular
    answer_sec_p50 Float64,
    answer_sec_p90 Float64
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (month, source, site);

-- The attributes of the experience that the rules declare, and campaigns, as the rules in force say.
CREATE TABLE IF NOT EXISTS value_declared
(
    run UInt64,
    kind LowCardinality(String), -- attribute, campaign, own brand
    name String
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (kind, name);

-- Per month, campaign ('' is all of the month) and attribute: how often people say it, and how the
-- brand publishes it. The attribute '' counts the mentions that name any, or none.
CREATE TABLE IF NOT EXISTS value_attributes
(
    run UInt64,
    month Date,
    campaign String,
    attribute String,
    side LowCardinality(String), -- people, brand
    mentions UInt32,
    with_attribute UInt32,
    positive UInt32,
    negative UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (month, campaign, attribute, side);

-- The newest mentions that say so.
CREATE TABLE IF NOT EXISTS value_examples
(
    run UInt64,
    month Date,
    campaign String,
    attribute String,
    side LowCardinality(String),
    sentiment LowCardinality(String),
    at DateTime64(3, 'UTC'),
    mention_id String,
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (month, campaign, attribute, side);

-- Per month how many recommendations people gave and asked for.
CREATE TABLE IF NOT EXISTS value_recommendations
(
    run UInt64,
    month Date,
    given UInt32,
    asked UInt32
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY month;
