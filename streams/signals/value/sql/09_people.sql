-- Promise: all that is counted of a person in one row: who said something, reacted, ordered, was
-- given something, or is named as a recommender. No staff, no bots, no rivals.
-- Net influence (unit: people): over the people exposed, whether each ordered less how probable that
-- was anyway, shared among the recommenders they saw; plus those who came only by the shop's word
-- that this person sent them, unless they had ordered before. Where nothing is comparable, nothing
-- is taken off; `influence_unmatched` says how often. Decimals, so that no order of rows changes it.
INSERT INTO value_people
SELECT
    {run:UInt64},
    p.author_id,
    v.handle,
    v.followers,
    m.community,
    length(v.sources),
    v.mentions,
    v.originals,
    v.weeks,
    v.first_at,
    v.last_at,
    v.recommended,
    v.asked,
    v.tips,
    v.reviews,
    v.ideas,
    v.questions,
    v.complaints,
    v.praises,
    v.positive,
    v.negative,
    c.acts,
    c.helped,
    c.people_helped,
    t.ties,
    t.mutual_ties,
    a.to_people,
    r.from_people,
    a.to_brand,
    r.from_brand,
    ig.reactions,
    ir.reactions,
    i.exposed_people,
    i.influenced_people,
    i.net,
    i.variance,
    i.acted_people,
    i.acted_net,
    i.unmatched,
    o.orders,
    o.products,
    g.gestures
FROM
(
    SELECT author_id
    FROM
    (
        SELECT author_id FROM value_voices WHERE run = {run:UInt64}
        UNION ALL SELECT author_id FROM interactions
        UNION ALL SELECT author_id FROM orders
        UNION ALL SELECT author_id FROM gestures
        UNION ALL SELECT recommender_id FROM value_referrals WHERE run = {run:UInt64}
    )
    WHERE author_id NOT IN
    (
        SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
    )
    GROUP BY author_id
) AS p
LEFT JOIN (SELECT * FROM value_voices WHERE run = {run:UInt64}) AS v ON v.author_id = p.author_id
LEFT JOIN
(
    SELECT author_id, community FROM value_members WHERE run = {run:UInt64}
) AS m ON m.author_id = p.author_id
LEFT JOIN
(
    SELECT * FROM value_collaboration WHERE run = {run:UInt64}
) AS c ON c.author_id = p.author_id
LEFT JOIN
(
    SELECT author_id, count() AS ties, countIf(is_mutual) AS mutual_ties
    FROM (SELECT arrayJoin([one, other]) AS author_id, is_mutual FROM value_ties WHERE run = {run:UInt64})
    GROUP BY author_id
) AS t ON t.author_id = p.author_id
LEFT JOIN
(
    SELECT author_id, countIf(to_kind = 'person') AS to_people, countIf(to_kind = 'staff') AS to_brand
    FROM value_answers
    WHERE run = {run:UInt64}
    GROUP BY author_id
) AS a ON a.author_id = p.author_id
LEFT JOIN
(
    SELECT
        answered_id,
        countIf(from_kind = 'person') AS from_people,
        countIf(from_kind = 'staff') AS from_brand
    FROM value_answers
    WHERE run = {run:UInt64}
    GROUP BY answered_id
) AS r ON r.answered_id = p.author_id
LEFT JOIN
(
    SELECT author_id, count() AS reactions FROM interactions FINAL GROUP BY author_id
) AS ig ON ig.author_id = p.author_id
LEFT JOIN
(
    SELECT target_author_id, count() AS reactions
    FROM interactions FINAL
    WHERE target_author_id != author_id
    GROUP BY target_author_id
) AS ir ON ir.target_author_id = p.author_id
LEFT JOIN
(
    SELECT
        recommender_id,
        uniqExactIf(person_id, is_exposed) AS exposed_people,
        uniqExactIf(person_id, has_acted) AS influenced_people,
        sum(share) AS net,
        sum(variance) AS variance,
        uniqExactIf(person_id, is_exposed AND has_acted) AS acted_people,
        sumIf(share, is_exposed) AS acted_net,
        countIf(is_exposed AND is_unmatched) AS unmatched
    FROM
    (
        -- One of each added, since that nobody did is no proof that nobody would; a coin's where
        -- nobody is comparable.
        WITH if(isNull(expected), 0.5, (expected * controls + 1) / (controls + 2)) AS likely
        SELECT
            recommender_id,
            person_id,
            1 AS is_exposed,
            acted AS has_acted,
            isNull(expected) AS is_unmatched,
            toDecimal64(round((acted - ifNull(expected, 0)) / recommenders, 6), 6) AS share,
            toDecimal64(
                round(likely * (1 - likely) * (1 + 1 / greatest(controls, 1)) / pow(recommenders, 2), 6),
                6
            ) AS variance
        FROM value_influence
        WHERE run = {run:UInt64}
        UNION ALL
        SELECT
            recommender_id,
            buyer_id,
            0,
            1,
            0,
            toDecimal64(if(min(type) = 1, 1, 0), 6),
            toDecimal64(0, 6)
        FROM value_referrals
        WHERE run = {run:UInt64} AND how = 'named' AND (recommender_id, buyer_id) NOT IN
        (
            SELECT recommender_id, person_id FROM value_influence WHERE run = {run:UInt64} AND acted
        )
        GROUP BY recommender_id, buyer_id
    )
    GROUP BY recommender_id
) AS i ON i.recommender_id = p.author_id
LEFT JOIN
(
    SELECT
        author_id,
        countIf(amount > 0) AS orders,
        uniqExactIf(product, amount > 0 AND product != '') AS products
    FROM orders FINAL
    GROUP BY author_id
) AS o ON o.author_id = p.author_id
LEFT JOIN
(
    SELECT author_id, count() AS gestures FROM gestures FINAL GROUP BY author_id
) AS g ON g.author_id = p.author_id
