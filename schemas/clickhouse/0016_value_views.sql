-- The value of a social customer, as views over the newest run (0015) and over orders and gestures as
-- they stand. Money is decimal throughout; divisions are cut after four decimals.

-- Orders in the currency they are told in: their own, or the one that `currency` of value_settings
-- names where a rate stands for the day of the order. Amounts below zero are money given back.
CREATE VIEW IF NOT EXISTS orders_valued AS
SELECT
    o.order_id AS order_id,
    o.author_id AS author_id,
    o.ordered_at AS ordered_at,
    o.product AS product,
    o.items AS items,
    if(
        r.rate > 0,
        toDecimal128(round(toDecimal128(o.amount, 4) * r.rate, 4), 4),
        toDecimal128(o.amount, 4)
    ) AS amount,
    toString(if(r.rate > 0, r.into, o.currency)) AS currency
FROM
(
    SELECT *, toDate(ordered_at, 'UTC') AS day FROM orders FINAL
) AS o
ASOF LEFT JOIN
(
    SELECT currency, into, valid_from, rate
    FROM exchange_rates FINAL
    WHERE into != '' AND into = (SELECT text FROM value_settings FINAL WHERE name = 'currency')
) AS r ON r.currency = o.currency AND r.valid_from <= o.day;

-- Gestures, the same.
CREATE VIEW IF NOT EXISTS gestures_valued AS
SELECT
    g.gesture_id AS gesture_id,
    g.author_id AS author_id,
    g.given_at AS given_at,
    g.description AS description,
    if(
        r.rate > 0,
        toDecimal128(round(toDecimal128(g.cost, 4) * r.rate, 4), 4),
        toDecimal128(g.cost, 4)
    ) AS cost,
    toString(if(r.rate > 0, r.into, g.currency)) AS currency
FROM
(
    SELECT *, toDate(given_at, 'UTC') AS day FROM gestures FINAL
) AS g
ASOF LEFT JOIN
(
    SELECT currency, into, valid_from, rate
    FROM exchange_rates FINAL
    WHERE into != '' AND into = (SELECT text FROM value_settings FINAL WHERE name = 'currency')
) AS r ON r.currency = g.currency AND r.valid_from <= g.day;

-- Promise: each customer, and whoever brought one, has one row per currency.
-- The seed's product ("10 puntos para entender al cliente social", Luisa and Juan), cumulative:
--   value_items = price of an item × items of a trip = spent ÷ trips; value_trips = spent, that is
--   × trips; value_influence = × influence_factor; value_collaboration = × collaboration_factor.
--   A trip is an order above zero. influence_factor is how many people ordered after this person's
--   recommendation (`influence`), collaboration_factor how many distinct collaborative acts are
--   theirs; each at least 1, since who moves nobody is still worth what they buy.
-- Beside it the additive value, which counts each amount once (Kumar et al. 2010, "Undervalued or
-- overvalued customers", doi 10.1177/1094670510375602):
--   lifetime = spent × margin; referral = orders by word given in person (named by the shop, or
--   answered) × margin where the customer came by it, `acquisition_cost` where they would have come
--   anyway; influence = orders after reactions to this person's recommendations × margin × the net
--   share of who acted after seeing them; knowledge = collaborative acts × `knowledge_worth`, told in the
--   row with the most spent.
-- Unit: money of `currency`. Ranks are within a currency.
CREATE VIEW IF NOT EXISTS social_customer_value AS
WITH
    (SELECT number FROM value_settings FINAL WHERE name = 'margin') AS margin,
    (SELECT number FROM value_settings FINAL WHERE name = 'acquisition_cost') AS saved,
    (SELECT number FROM value_settings FINAL WHERE name = 'knowledge_worth') AS worth
SELECT
    author_id,
    handle,
    currency,
    items,
    trips,
    if(items = 0, toDecimal128(0, 4), spent / items) AS item_price,
    if(trips = 0, toDecimal128(0, 4), spent / trips) AS value_items,
    if(trips = 0, toDecimal128(0, 4), spent) AS value_trips,
    influenced_people,
    influenced_net,
    greatest(influenced_people, 1) AS influence_factor,
    value_trips * influence_factor AS value_influence,
    collaborative_acts,
    greatest(collaborative_acts, 1) AS collaboration_factor,
    value_influence * collaboration_factor AS value_collaboration,
    toDecimal128(round(spent * margin, 4), 4) AS lifetime_value,
    toDecimal128(round(referred_new * margin, 4), 4) + referred_anyway * saved AS referral_value,
    toDecimal128(round(round(after_reaction * margin, 4) * net_share, 4), 4) AS influence_value,
    if(is_main, toDecimal128(collaborative_acts * worth, 4), toDecimal128(0, 4)) AS knowledge_value,
    lifetime_value + referral_value + influence_value + knowledge_value AS additive_value,
    rank() OVER (PARTITION BY currency ORDER BY value_trips DESC) AS rank_transactions,
    rank() OVER (PARTITION BY currency ORDER BY value_collaboration DESC) AS rank_social,
    rank() OVER (PARTITION BY currency ORDER BY additive_value DESC) AS rank_additive
FROM
(
    SELECT
        m.author_id AS author_id,
        p.handle AS handle,
        m.currency AS currency,
        m.items AS items,
        m.trips AS trips,
        m.spent AS spent,
        m.referred_new AS referred_new,
        m.referred_anyway AS referred_anyway,
        m.after_reaction AS after_reaction,
        row_number() OVER (PARTITION BY m.author_id ORDER BY m.spent DESC, m.currency) = 1 AS is_main,
        p.influenced_people AS influenced_people,
        p.influenced_net AS influenced_net,
        p.collaborative_acts AS collaborative_acts,
        if(
            p.acted_people = 0,
            toDecimal64(0, 6),
            greatest(toDecimal64(0, 6), least(toDecimal64(1, 6), p.acted_net / p.acted_people))
        ) AS net_share
    FROM
    (
        SELECT
            author_id,
            currency,
            sum(items) AS items,
            sum(trips) AS trips,
            sum(spent) AS spent,
            sum(referred_new) AS referred_new,
            sum(referred_anyway) AS referred_anyway,
            sum(after_reaction) AS after_reaction
        FROM
        (
            SELECT
                author_id,
                currency,
                if(amount > 0, items, 0) AS items,
                amount > 0 AS trips,
                amount AS spent,
                toDecimal128(0, 4) AS referred_new,
                0 AS referred_anyway,
                toDecimal128(0, 4) AS after_reaction
            FROM orders_valued
            UNION ALL
            SELECT
                r.recommender_id,
                o.currency,
                0,
                0,
                toDecimal128(0, 4),
                if(r.how != 'reacted' AND r.type = 1, o.amount, toDecimal128(0, 4)),
                r.how != 'reacted' AND r.type = 2,
                if(r.how = 'reacted', o.amount, toDecimal128(0, 4))
            FROM orders_valued AS o
            INNER JOIN
            (
                SELECT order_id, recommender_id, how, type
                FROM value_referrals
                WHERE run = (SELECT max(run) FROM value_runs)
            ) AS r ON r.order_id = o.order_id
        )
        GROUP BY author_id, currency
    ) AS m
    LEFT JOIN
    (
        SELECT
            author_id,
            handle,
            influenced_people,
            influenced_net,
            acted_people,
            acted_net,
            collaborative_acts
        FROM value_people
        WHERE run = (SELECT max(run) FROM value_runs)
    ) AS p ON p.author_id = m.author_id
);

-- Promise: each person who exposed somebody to a recommendation or is named by a buyer: how many
-- acted after it, and how many of these net of who would have acted anyway and shared with other
-- recommenders, with an interval of 1.96 standard deviations of what they would have done anyway.
-- `unmatched`: exposed people to whom nobody was comparable; nothing was taken off for them.
-- How: streams/signals/value/sql/05 to 07 and 09. Unit: people.
CREATE VIEW IF NOT EXISTS influence AS
SELECT
    author_id,
    handle,
    followers,
    recommended,
    exposed_people,
    influenced_people,
    influenced_net,
    influenced_net - toDecimal64(1.96 * sqrt(influenced_variance), 6) AS net_low,
    influenced_net + toDecimal64(1.96 * sqrt(influenced_variance), 6) AS net_high,
    influence_unmatched AS unmatched
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs) AND (exposed_people > 0 OR influenced_people > 0);

-- Promise: each order that follows a recommendation, with whose, how it is known (named by the shop,
-- answered in person, reacted to) and type: 1 came by it, 2 would have come anyway
-- (streams/signals/value/sql/08_referrals.sql).
CREATE VIEW IF NOT EXISTS referrals AS
SELECT
    r.order_id AS order_id,
    r.buyer_id AS buyer_id,
    r.recommender_id AS recommender_id,
    toString(r.how) AS how,
    r.type AS type,
    r.exposed_at AS exposed_at,
    r.ordered_at AS ordered_at,
    r.mention_id AS mention_id,
    o.amount AS amount,
    o.currency AS currency
FROM orders_valued AS o
INNER JOIN
(
    SELECT * FROM value_referrals WHERE run = (SELECT max(run) FROM value_runs)
) AS r ON r.order_id = o.order_id;

-- Promise: per month and currency, how much of what was ordered follows a recommendation, and how
-- much cannot be attributed to any. Shares are of orders; Unit: orders, money.
CREATE VIEW IF NOT EXISTS referral_shares AS
SELECT
    toStartOfMonth(o.ordered_at, 'UTC') AS month,
    o.currency AS currency,
    count() AS orders,
    countIf(r.how = 'named') AS named,
    countIf(r.how = 'answered') AS answered,
    countIf(r.how = 'reacted') AS reacted,
    countIf(r.type = 1) AS type_1,
    countIf(r.type = 2) AS type_2,
    countIf(r.type = 0) AS unattributed,
    unattributed / orders AS unattributed_share,
    sumIf(o.amount, r.type = 1) AS amount_type_1,
    sumIf(o.amount, r.type = 2) AS amount_type_2,
    sumIf(o.amount, r.type = 0) AS amount_unattributed
FROM (SELECT * FROM orders_valued WHERE amount > 0) AS o
LEFT JOIN
(
    SELECT order_id, toString(how) AS how, type
    FROM value_referrals
    WHERE run = (SELECT max(run) FROM value_runs)
) AS r ON r.order_id = o.order_id
GROUP BY month, currency;

-- Promise: per month how many recommendations people gave and asked for; copies, reposts and staff
-- left out. Unit: mentions.
CREATE VIEW IF NOT EXISTS recommendations AS
SELECT
    toStartOfMonth(published_at, 'UTC') AS month,
    countIf(has(acts, 'gives_recommendation')) AS given,
    countIf(has(acts, 'asks_recommendation')) AS asked
FROM mentions FINAL
WHERE hasAny(acts, ['gives_recommendation', 'asks_recommendation'])
    AND kind != 'repost'
    AND spam < 0.5
    AND author_role = ''
    AND author_is_bot = 0
    AND mention_id NOT IN
    (
        SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id
    )
GROUP BY month;

-- Promise: of everybody who was given something, each movement of money with the balance so far: what
-- they bought (direct), what gestures cost, what others bought by their word (referred). `net` counts
-- referrals named by the shop or answered in person; `net_low` only those named of customers who came
-- by it; `net_high` also orders after reactions. Seed: "escuchar y reaccionar", 10 − 170 + 300 = +140.
CREATE VIEW IF NOT EXISTS gesture_ledger AS
SELECT
    author_id,
    currency,
    at,
    kind,
    id,
    amount,
    how,
    is_sure,
    sum(if(how = 'reacted', toDecimal128(0, 4), amount)) OVER so_far AS net,
    sum(if(how != '' AND NOT is_sure, toDecimal128(0, 4), amount)) OVER so_far AS net_low,
    sum(amount) OVER so_far AS net_high
FROM
(
    SELECT
        author_id,
        currency,
        given_at AS at,
        'gesture' AS kind,
        gesture_id AS id,
        -cost AS amount,
        '' AS how,
        toUInt8(1) AS is_sure
    FROM gestures_valued
    UNION ALL
    SELECT author_id, currency, ordered_at, 'direct', order_id, amount, '', 1
    FROM orders_valued
    WHERE author_id IN (SELECT author_id FROM gestures)
    UNION ALL
    SELECT
        recommender_id,
        currency,
        ordered_at,
        'referred',
        order_id,
        amount,
        how,
        how = 'named' AND type = 1
    FROM referrals
    WHERE recommender_id IN (SELECT author_id FROM gestures)
)
WINDOW so_far AS (
    PARTITION BY author_id, currency ORDER BY at, kind, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
);

-- Promise: the same summed up per person and currency: what a gesture cost and what came of it.
CREATE VIEW IF NOT EXISTS gesture_returns AS
SELECT
    author_id,
    currency,
    countIf(kind = 'gesture') AS gestures,
    minIf(at, kind = 'gesture') AS first_given_at,
    -sumIf(amount, kind = 'gesture') AS cost,
    sumIf(amount, kind = 'direct') AS direct_revenue,
    net - direct_revenue + cost AS referred_revenue,
    argMax(l.net, (l.at, l.kind, l.id)) AS net,
    argMax(l.net_low, (l.at, l.kind, l.id)) AS net_low,
    argMax(l.net_high, (l.at, l.kind, l.id)) AS net_high
FROM gesture_ledger AS l
GROUP BY author_id, currency;

-- Promise: each person's rating from 0 to 100, the mean of seven components that stand beside it. A
-- component is 100 · x ÷ (x + median of those who have any), so 50 is the median of those, and no
-- loud one can run away. reach: followers; recommendation: recommendations given; influence: people
-- moved, net; collaboration: acts; reciprocity: mutual ties; loyalty: orders; constancy: weeks spoken
-- in. Segments take the first that fits; "at least the median" is 50.
-- Seed: "10 puntos" 10 c.
CREATE VIEW IF NOT EXISTS social_rating AS
WITH
    (
        SELECT
        (
            quantileExactIf(0.5)(followers, followers > 0),
            quantileExactIf(0.5)(recommended, recommended > 0),
            quantileExactIf(0.5)(toFloat64(influenced_net), influenced_net > 0),
            quantileExactIf(0.5)(collaborative_acts, collaborative_acts > 0),
            quantileExactIf(0.5)(mutual_ties, mutual_ties > 0),
            quantileExactIf(0.5)(orders, orders > 0),
            quantileExactIf(0.5)(weeks, weeks > 0)
        )
        FROM value_people
        WHERE run = (SELECT max(run) FROM value_runs)
    ) AS medians,
    (x, median) -> if(x > 0, 100 * x / (x + median), 0) AS against
SELECT
    author_id,
    handle,
    community,
    round(against(followers, medians.1), 1) AS reach,
    round(against(recommended, medians.2), 1) AS recommendation,
    round(against(toFloat64(influenced_net), medians.3), 1) AS influence,
    round(against(collaborative_acts, medians.4), 1) AS collaboration,
    round(against(mutual_ties, medians.5), 1) AS reciprocity,
    round(against(orders, medians.6), 1) AS loyalty,
    round(against(weeks, medians.7), 1) AS constancy,
    round(
        (reach + recommendation + influence + collaboration + reciprocity + loyalty + constancy) / 7,
        1
    ) AS rating,
    multiIf(
        influence >= 50 AND loyalty >= 50, 'champion',
        influence >= 50 OR recommendation >= 50, 'recommender',
        collaboration >= 50 OR reciprocity >= 50, 'helper',
        loyalty >= 50, 'loyal',
        constancy >= 50, 'constant',
        'quiet'
    ) AS segment
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs);

-- Promise: the four bonds of each customer, from 0 to 100, side by side. Structural: products bought,
-- networks spoken in, weeks; financial: money spent, against others of the currency; social: ties to
-- other people, and mutual ones; all as in social_rating. Emotional: share of positive among the
-- mentions with a feeling, one of each added, so that a single word decides little; 0 without any.
-- Seed: "10 puntos" 9.
CREATE VIEW IF NOT EXISTS customer_bonds AS
WITH
    (
        SELECT
        (
            quantileExactIf(0.5)(products, products > 0),
            quantileExactIf(0.5)(sources, sources > 0),
            quantileExactIf(0.5)(weeks, weeks > 0),
            quantileExactIf(0.5)(ties, ties > 0),
            quantileExactIf(0.5)(mutual_ties, mutual_ties > 0)
        )
        FROM value_people
        WHERE run = (SELECT max(run) FROM value_runs)
    ) AS medians,
    (x, median) -> if(x > 0, 100 * x / (x + median), 0) AS against
SELECT
    p.author_id AS author_id,
    p.handle AS handle,
    round(
        (
            against(p.products, medians.1) + against(p.sources, medians.2)
            + against(p.weeks, medians.3)
        ) / 3,
        1
    ) AS structural,
    if(
        p.positive + p.negative = 0,
        0,
        round(100 * (p.positive + 1) / (p.positive + p.negative + 2), 1)
    ) AS emotional,
    round(f.financial, 1) AS financial,
    round((against(p.ties, medians.4) + against(p.mutual_ties, medians.5)) / 2, 1) AS social
FROM
(
    SELECT * FROM value_people WHERE run = (SELECT max(run) FROM value_runs) AND orders > 0
) AS p
INNER JOIN
(
    SELECT author_id, max(against(toFloat64(spent), toFloat64(median))) AS financial
    FROM
    (
        SELECT author_id, currency, sum(amount) AS spent
        FROM orders_valued
        GROUP BY author_id, currency
    ) AS s
    INNER JOIN
    (
        SELECT currency, quantileExactIf(0.5)(spent, spent > 0) AS median
        FROM
        (
            SELECT author_id, currency, sum(amount) AS spent
            FROM orders_valued
            GROUP BY author_id, currency
        )
        GROUP BY currency
    ) AS m ON m.currency = s.currency
    GROUP BY author_id
) AS f ON f.author_id = p.author_id;

-- Promise: what each person gave the brand and the others, and what they got. Given: attention (own
-- words and reactions), knowledge (collaborative acts), recommendations, orders. Received from the
-- brand: answers and gestures; from people: answers and reactions. `answered_share`: answers of the
-- brand to what was said to it; above 1 it answers more than it is addressed. Unit: acts, never money.
-- Seed: "10 puntos" 10 a.
CREATE VIEW IF NOT EXISTS exchange_of_value AS
SELECT
    author_id,
    handle,
    community,
    originals + reactions_given AS attention_given,
    collaborative_acts AS knowledge_given,
    recommended AS recommendations_given,
    orders AS orders_given,
    answers_to_people AS answers_given_to_people,
    answers_from_brand AS answers_received_from_brand,
    gestures AS gestures_received,
    answers_from_people AS answers_received_from_people,
    reactions_received AS reactions_received,
    if(answers_to_brand = 0, NULL, answers_from_brand / answers_to_brand) AS answered_share
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs);

-- The same per community; people of none are community 0.
CREATE VIEW IF NOT EXISTS exchange_by_community AS
SELECT
    community,
    count() AS people,
    sum(originals + reactions_given) AS attention_given,
    sum(collaborative_acts) AS knowledge_given,
    sum(recommended) AS recommendations_given,
    sum(orders) AS orders_given,
    sum(answers_from_brand) AS answers_received_from_brand,
    sum(gestures) AS gestures_received,
    (answers_received_from_brand + gestures_received) / people AS received_per_person
FROM value_people
WHERE run = (SELECT max(run) FROM value_runs)
GROUP BY community;

-- Promise: per community its social capital. Reciprocity: share of tied pairs in which both answered;
-- density: tied pairs of all pairs; returning: spoke in more than one week; helping: answered another
-- member who asked for something; brand_reciprocity: answers of the brand ÷ answers to it.
-- Seed: "Tres lecciones". Unit: people, pairs, shares.
CREATE VIEW IF NOT EXISTS social_capital AS
SELECT
    community,
    toString(brand) AS brand,
    members,
    ties,
    mutual_ties,
    if(ties = 0, 0, mutual_ties / ties) AS reciprocity,
    2 * ties / (members * (members - 1)) AS density,
    returning_members,
    returning_members / members AS returning_share,
    helping_members,
    helping_members / members AS helping_share,
    helps,
    if(answers_to_brand = 0, NULL, answers_from_brand / answers_to_brand) AS brand_reciprocity,
    members_answered_by_brand / members AS answered_by_brand_share
FROM value_communities
WHERE run = (SELECT max(run) FROM value_runs);

-- Promise: per month and place what share of all that was said was said there, and what share of the
-- brand's answers was given there; `gap` above 0 says people talk there more than the brand answers.
-- listen_react: answers ÷ posts to nobody in particular; 1 and more is listening, below is talking.
-- Seeds: "Tres lecciones", "escuchar y reaccionar", "10 puntos" 1. Unit: mentions, shares, seconds.
CREATE VIEW IF NOT EXISTS brand_presence AS
SELECT
    month,
    toString(source) AS source,
    toString(site) AS site,
    said,
    people,
    needed_reply,
    answers,
    broadcasts,
    said / greatest(sum(said) OVER of_month, 1) AS said_share,
    answers / greatest(sum(answers) OVER of_month, 1) AS answered_share,
    said_share - answered_share AS gap,
    if(broadcasts = 0, NULL, answers / broadcasts) AS listen_react,
    if(answer_sec_p50 < 0, NULL, answer_sec_p50) AS answer_p50_sec,
    if(answer_sec_p90 < 0, NULL, answer_sec_p90) AS answer_p90_sec
FROM value_presence
WHERE run = (SELECT max(run) FROM value_runs)
WINDOW of_month AS (PARTITION BY month);

-- Promise: per month ('' as campaign) and per campaign (all its months together) how each declared
-- attribute is said by people and published by the brand, and with what feeling. Attributes that
-- nobody says and the brand does not publish have a row too. Unit: mentions.
CREATE VIEW IF NOT EXISTS attribute_coherence AS
SELECT
    p.period AS period,
    p.campaign AS campaign,
    d.name AS attribute,
    a.people_mentions AS people_mentions,
    a.people_positive AS people_positive,
    a.people_negative AS people_negative,
    a.brand_mentions AS brand_mentions,
    e.people_examples AS people_examples,
    e.brand_examples AS brand_examples
FROM
(
    SELECT if(campaign = '', month, toDate(0)) AS period, campaign
    FROM value_attributes
    WHERE run = (SELECT max(run) FROM value_runs)
    GROUP BY period, campaign
) AS p
CROSS JOIN
(
    SELECT DISTINCT name
    FROM value_declared
    WHERE run = (SELECT max(run) FROM value_runs) AND kind = 'attribute'
) AS d
LEFT JOIN
(
    SELECT
        if(campaign = '', month, toDate(0)) AS period,
        campaign,
        attribute,
        sumIf(mentions, side = 'people') AS people_mentions,
        sumIf(positive, side = 'people') AS people_positive,
        sumIf(negative, side = 'people') AS people_negative,
        sumIf(mentions, side = 'brand') AS brand_mentions
    FROM value_attributes
    WHERE run = (SELECT max(run) FROM value_runs)
    GROUP BY period, campaign, attribute
) AS a ON a.period = p.period AND a.campaign = p.campaign AND a.attribute = d.name
LEFT JOIN
(
    SELECT
        period,
        campaign,
        attribute,
        arrayMap(x -> x.2, arraySlice(
            arrayReverseSort(groupArrayIf((at, mention_id), side = 'people')), 1, 3
        )) AS people_examples,
        arrayMap(x -> x.2, arraySlice(
            arrayReverseSort(groupArrayIf((at, mention_id), side = 'brand')), 1, 3
        )) AS brand_examples
    FROM
    (
        SELECT *, if(campaign = '', month, toDate(0)) AS period
        FROM value_examples
        WHERE run = (SELECT max(run) FROM value_runs)
    )
    GROUP BY period, campaign, attribute
) AS e ON e.period = p.period AND e.campaign = p.campaign AND e.attribute = d.name;

-- Promise: per month and per campaign one sentence on whether what people say, what the brand declares
-- and what it publishes go together. `likeness`: how far the attributes that people name without
-- complaint have the same shares as those the brand publishes, 1 less half the sum of differences
-- (0 nothing in common, 1 the same). `favourable`: of people's mentions with a feeling that name an
-- attribute, the share that is positive. Below `few` mentions of people, or a quarter of that of the
-- brand, it is too thin to say. Seed: "Cómo crear experiencias de cliente" 1. Unit: shares, mentions.
CREATE VIEW IF NOT EXISTS brand_coherence AS
WITH (SELECT toUInt32(number) FROM value_settings FINAL WHERE name = 'few') AS few
SELECT
    period,
    campaign,
    sum(people_mentions) AS people_said,
    sum(brand_mentions) AS brand_published,
    countIf(people_mentions = 0) AS never_said,
    people_said < few OR brand_published < intDiv(few + 3, 4) AS is_too_thin,
    if(
        is_too_thin,
        NULL,
        round(1 - arraySum(
            x -> abs(
                x.2 / greatest(arraySum(y -> y.2, by_attribute), 1)
                - x.3 / greatest(arraySum(y -> y.3, by_attribute), 1)
            ),
            by_attribute
        ) / 2, 4)
    ) AS likeness,
    if(
        sum(people_positive) + sum(people_negative) < few,
        NULL,
        round(sum(people_positive) / (sum(people_positive) + sum(people_negative)), 4)
    ) AS favourable,
    multiIf(
        is_too_thin, 'thin',
        likeness >= 0.7 AND ifNull(favourable, 1) >= 0.5, 'coherent',
        likeness < 0.4, 'apart',
        ifNull(favourable, 1) < 0.5, 'denied',
        'partly'
    ) AS verdict,
    arraySort(groupArray((
        attribute, toInt64(people_mentions) - toInt64(people_negative), toInt64(brand_mentions)
    ))) AS by_attribute -- name, said without complaint, published
FROM attribute_coherence
GROUP BY period, campaign;
