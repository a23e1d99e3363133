-- Measurement: how people engage, week by week, and what campaigns bring. Counts only, kept by
-- refreshable views, so that an edit, a deletion or what comes late corrects them.

-- Promises, per week (from Monday, UTC), network and brand ('' is whatever was said), three signs of
-- engagement that are no mere counts. Elósegui, "Los tres pilares": quality, not quantity.
--   conversations: those whose first stored answer came in that week; `depth` sums how deep they
--     went (conversation_depth: the root is 0, an answer to it 1, an answer to that 2 …), `deep` are
--     those of 2 and more, where somebody answered an answer. A conversation is of the brands that
--     its answers or its root name.
--   authors: people who spoke in that week; `returning_authors` had spoken in an earlier one.
--   pairs: people of whom one answered the other in that week; `mutual_pairs` are those where, by its
--     end, both had.
-- Accounts of the brand are no people here. Networks add up, since nobody is in two of them under one
-- id; brands do not.
CREATE VIEW IF NOT EXISTS engagement_weeks_now AS
WITH
    answers AS
    (
        SELECT
            source,
            parent_id,
            if(root_id = '', parent_id, root_id) AS root,
            parent_author_id,
            author_id,
            author_role,
            brands,
            published_at
        FROM mentions FINAL
        WHERE kind IN ('reply', 'comment') AND parent_id != ''
    ),
    talks AS
    (
        SELECT
            t.source AS source,
            toMonday(t.began_at, 'UTC') AS week,
            arrayDistinct(arrayConcat([''], t.brands, r.brands)) AS about,
            c.depth AS depth
        FROM conversation_depth AS c
        INNER JOIN
        (
            SELECT
                root,
                any(source) AS source,
                groupUniqArrayArray(arrayMap(b -> toString(b), brands)) AS brands,
                min(published_at) AS began_at
            FROM answers
            GROUP BY root
        ) AS t ON t.root = c.root_id
        LEFT JOIN
        (
            SELECT mention_id, arrayMap(b -> toString(b), brands) AS brands
            FROM mentions FINAL
            WHERE notEmpty(brands) AND mention_id IN (SELECT root FROM answers)
        ) AS r ON r.mention_id = c.root_id
    ),
    speakers AS
    (
        SELECT
            source,
            arrayJoin(arrayConcat([''], arrayMap(b -> toString(b), brands))) AS brand,
            author_id,
            groupUniqArray(toMonday(published_at, 'UTC')) AS weeks,
            arrayMin(weeks) AS first_week
        FROM mentions FINAL
        WHERE author_role NOT IN ('own', 'care', 'employee')
        GROUP BY source, brand, author_id
    ),
    answered AS
    (
        SELECT
            a.source AS source,
            arrayJoin(arrayConcat([''], arrayMap(b -> toString(b), a.brands))) AS brand,
            a.author_id AS author_id,
            if(a.parent_author_id != '', a.parent_author_id, p.author_id) AS answered_id,
            a.published_at AS at
        FROM answers AS a
        LEFT JOIN
        (
            SELECT mention_id, author_id
            FROM mentions FINAL
            WHERE mention_id IN (SELECT parent_id FROM answers WHERE parent_author_id = '')
        ) AS p ON p.mention_id = a.parent_id
        WHERE a.author_role NOT IN ('own', 'care', 'employee')
            AND answered_id != '' AND answered_id != author_id
            AND (source, answered_id) NOT IN (SELECT source, author_id FROM brand_accounts)
    ),
    pairs AS
    (
        SELECT
            source,
            brand,
            least(author_id, answered_id) AS one,
            greatest(author_id, answered_id) AS other,
            groupUniqArray(toMonday(at, 'UTC')) AS weeks,
            minIf(at, author_id = one) AS one_at,
            minIf(at, author_id = other) AS other_at,
            uniqExact(author_id) = 2 AS is_mutual,
            greatest(one_at, other_at) AS mutual_at
        FROM answered
        GROUP BY source, brand, one, other
    )
SELECT
    week,
    source,
    brand,
    sum(conversations_) AS conversations,
    sum(depth_) AS depth,
    sum(deep_) AS deep,
    sum(authors_) AS authors,
    sum(returning_) AS returning_authors,
    sum(pairs_) AS pairs,
    sum(mutual_) AS mutual_pairs
FROM
(
    SELECT
        week, toString(source) AS source, arrayJoin(about) AS brand, 1 AS conversations_,
        depth AS depth_, depth >= 2 AS deep_, 0 AS authors_, 0 AS returning_, 0 AS pairs_,
        0 AS mutual_
    FROM talks
    UNION ALL
    SELECT
        arrayJoin(weeks) AS week, toString(source), brand, 0, 0, 0, 1, week > first_week, 0, 0
    FROM speakers
    UNION ALL
    SELECT
        arrayJoin(weeks) AS week, toString(source), brand, 0, 0, 0, 0, 0, 1,
        is_mutual AND mutual_at < toDateTime64(week + 7, 3, 'UTC')
    FROM pairs
)
GROUP BY week, source, brand;

CREATE TABLE IF NOT EXISTS engagement_weeks
(
    week Date,
    source LowCardinality(String),
    brand LowCardinality(String),
    conversations UInt64,
    depth UInt64,
    deep UInt64,
    authors UInt64,
    returning_authors UInt64,
    pairs UInt64,
    mutual_pairs UInt64
)
ENGINE = MergeTree
ORDER BY (week, brand, source)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS engagement_weeks_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO engagement_weeks AS
SELECT * FROM engagement_weeks_now;

-- The same as shares, per week and brand over all networks: mean depth of a conversation, share of
-- conversations that went deeper than one answer, share of people who had spoken before, share of
-- pairs that answered each other. NULL where there is nothing to take a share of.
CREATE VIEW IF NOT EXISTS engagement_quality AS
SELECT
    week,
    toString(brand) AS brand,
    sum(e.conversations) AS conversations,
    sum(e.authors) AS authors,
    sum(e.pairs) AS pairs,
    sum(e.depth) / nullIf(sum(e.conversations), 0) AS mean_depth,
    sum(e.deep) / nullIf(sum(e.conversations), 0) AS deep_share,
    sum(e.returning_authors) / nullIf(sum(e.authors), 0) AS returning_share,
    sum(e.mutual_pairs) / nullIf(sum(e.pairs), 0) AS reciprocity
FROM engagement_weeks AS e
GROUP BY week, brand;

-- Promises, per day (UTC), campaign of the listening rules ('' is what belongs to none), network and
-- language: what was said, by people and by the brand, and of people's own words (neither reposts,
-- copies, likely spam nor bots) how many show intent, like it, do not, recommend.
CREATE TABLE IF NOT EXISTS campaign_days
(
    day Date,
    campaign LowCardinality(String),
    source LowCardinality(String),
    lang LowCardinality(String),
    said UInt64,
    published UInt64,
    own_words UInt64,
    intent UInt64,
    positive UInt64,
    negative UInt64,
    recommending UInt64
)
ENGINE = MergeTree
ORDER BY (day, campaign, source, lang)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS campaign_days_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO campaign_days AS
SELECT
    toDate(published_at, 'UTC') AS day,
    arrayJoin(if(empty(campaigns), [''], campaigns)) AS campaign,
    source,
    lang,
    countIf(NOT is_brand) AS said,
    countIf(is_brand) AS published,
    countIf(is_own) AS own_words,
    countIf(is_own AND has_intent) AS intent,
    countIf(is_own AND sentiment = 'positive') AS positive,
    countIf(is_own AND sentiment = 'negative') AS negative,
    countIf(is_own AND gives_recommendation) AS recommending
FROM
(
    SELECT
        published_at,
        campaigns,
        source,
        lang,
        sentiment,
        intent IN ('latent', 'active') AS has_intent,
        has(acts, 'gives_recommendation') AS gives_recommendation,
        author_role IN ('own', 'care', 'employee') AS is_brand,
        author_role = '' AND NOT author_is_bot AND kind != 'repost' AND spam < 0.5
            AND mention_id NOT IN
                (SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id) AS is_own
    FROM mentions FINAL
)
GROUP BY day, campaign, source, lang;

-- Promises one row for each campaign that was heard or that the rules name: its days (as the rules
-- say, else from the first to the last mention), what it brought, and beside each share the one of
-- what was said on the same days and belongs to no campaign, so that a good week is not taken for a
-- good campaign. Shares are of people's own words; likes of what has a feeling. Seeds: "10 puntos" 2
-- (not only when a campaign runs), "Cómo crear experiencias de cliente" 1.
CREATE VIEW IF NOT EXISTS campaigns_measured AS
WITH d.campaign = '' AND d.day BETWEEN c.since AND c.until AS is_beside
SELECT
    c.campaign AS campaign,
    c.since AS since,
    c.until AS until,
    sumIf(d.said, d.campaign = c.campaign) AS said,
    sumIf(d.published, d.campaign = c.campaign) AS published,
    sumIf(d.own_words, d.campaign = c.campaign) AS own_words,
    sumIf(d.intent, d.campaign = c.campaign) / nullIf(own_words, 0) AS intent_share,
    sumIf(d.intent, is_beside) / nullIf(sumIf(d.own_words, is_beside), 0) AS usual_intent_share,
    sumIf(d.positive, d.campaign = c.campaign)
        / nullIf(sumIf(d.positive + d.negative, d.campaign = c.campaign), 0) AS liked,
    sumIf(d.positive, is_beside) / nullIf(sumIf(d.positive + d.negative, is_beside), 0)
        AS usually_liked,
    sumIf(d.recommending, d.campaign = c.campaign) / nullIf(own_words, 0) AS recommending_share,
    sumIf(d.recommending, is_beside) / nullIf(sumIf(d.own_words, is_beside), 0)
        AS usual_recommending_share
FROM
(
    SELECT
        campaign,
        ifNull(max(declared_since), min(first_day)) AS since,
        ifNull(max(declared_until), max(last_day)) AS until
    FROM
    (
        SELECT toString(t.campaign) AS campaign, NULL AS declared_since, NULL AS declared_until,
            toNullable(min(t.day)) AS first_day, toNullable(max(t.day)) AS last_day
        FROM campaign_days AS t
        WHERE t.campaign != ''
        GROUP BY campaign
        UNION ALL
        SELECT l.name, l.since, l.until, NULL, NULL
        FROM listened_current AS l
        WHERE l.section = 'campaign'
    )
    GROUP BY campaign
) AS c
CROSS JOIN
(
    SELECT
        t.day AS day,
        toString(t.campaign) AS campaign,
        sum(t.said) AS said,
        sum(t.published) AS published,
        sum(t.own_words) AS own_words,
        sum(t.intent) AS intent,
        sum(t.positive) AS positive,
        sum(t.negative) AS negative,
        sum(t.recommending) AS recommending
    FROM campaign_days AS t
    GROUP BY day, campaign
) AS d
GROUP BY c.campaign, c.since, c.until;
