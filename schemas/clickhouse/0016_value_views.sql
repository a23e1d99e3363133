-- The value of a social customer, as views over the newest run of the tables of `value_`, and over
-- orders and gestures as they stand. Money is decimal; divisions are cut after four decimals.

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
-- left out (streams/signals/value/sql/14_recommendations.sql). Unit: mentions.
CREATE VIEW IF NOT EXISTS recommendations AS
SELECT month, given, asked
FROM value_recommendations
WHERE run = (SELECT max(run) FROM value_runs);

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
