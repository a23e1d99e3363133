-- Promise: each order has at most one recommender. Whom the shop names wins; else the last one who
-- recommended in an answer to the buyer (`referral_days`); else the last one to whose recommendation
-- the buyer reacted (`influence_days`). Reactions and answers after the order say nothing.
-- Type 2, would have come anyway: the buyer had ordered before being exposed, or had voiced active
-- intent for a brand. Type 1: all others. When the shop names somebody and no exposure is stored,
-- earlier orders alone decide. Source: types of referrals, Kumar, Petersen and Leone 2007, "How
-- valuable is word of mouth?", Harvard Business Review 85(10).
INSERT INTO value_referrals (* EXCEPT stored_at)
WITH
    (
        SELECT toInt64(number * 86400000) FROM value_settings FINAL WHERE name = 'influence_days'
    ) AS influence_ms,
    (
        SELECT toInt64(number * 86400000) FROM value_settings FINAL WHERE name = 'referral_days'
    ) AS referral_ms
SELECT
    {run:UInt64},
    order_id,
    buyer_id,
    recommender_id,
    how,
    if(
        first_ordered_ms < toUnixTimestamp64Milli(exposed_at)
            OR (is_seen AND first_intent_ms < toUnixTimestamp64Milli(exposed_at)),
        2, 1
    ),
    ordered_at,
    exposed_at,
    mention_id
FROM
(
    SELECT
        o.order_id AS order_id,
        o.author_id AS buyer_id,
        o.ordered_at AS ordered_at,
        toUnixTimestamp64Milli(o.ordered_at) AS ms,
        arrayLast(
            s -> s.1 <= ms AND s.1 >= ms - referral_ms AND s.2 = o.referred_by, e.seen
        ) AS of_named,
        arrayLast(s -> s.1 <= ms AND s.1 >= ms - referral_ms AND s.4 = 'answered', e.seen)
            AS answered,
        arrayLast(s -> s.1 <= ms AND s.1 >= ms - influence_ms AND s.4 = 'reacted', e.seen)
            AS reacted,
        multiIf(
            o.referred_by NOT IN ('', o.author_id), 'named',
            answered.1 > 0, 'answered',
            reacted.1 > 0, 'reacted',
            ''
        ) AS how,
        multiIf(how = 'named', of_named, how = 'answered', answered, reacted) AS chosen,
        chosen.1 > 0 AS is_seen,
        if(how = 'named', o.referred_by, chosen.2) AS recommender_id,
        if(is_seen, fromUnixTimestamp64Milli(chosen.1, 'UTC'), o.ordered_at) AS exposed_at,
        chosen.3 AS mention_id,
        f.first_ordered_ms AS first_ordered_ms,
        if(w.first_intent_ms = 0, 9223372036854775807, w.first_intent_ms) AS first_intent_ms
    FROM (SELECT * FROM orders FINAL WHERE amount > 0) AS o
    INNER JOIN
    (
        SELECT author_id, min(toUnixTimestamp64Milli(ordered_at)) AS first_ordered_ms
        FROM orders FINAL
        WHERE amount > 0
        GROUP BY author_id
    ) AS f ON f.author_id = o.author_id
    LEFT JOIN
    (
        SELECT
            person_id,
            arraySort(groupArray(
                (toUnixTimestamp64Milli(at), recommender_id, mention_id, toString(how))
            )) AS seen
        FROM value_exposures
        WHERE run = {run:UInt64}
        GROUP BY person_id
    ) AS e ON e.person_id = o.author_id
    LEFT JOIN
    (
        SELECT author_id, min(toUnixTimestamp64Milli(published_at)) AS first_intent_ms
        FROM mentions FINAL
        WHERE intent = 'active' AND kind != 'repost' AND notEmpty(brands)
        GROUP BY author_id
    ) AS w ON w.author_id = o.author_id
)
WHERE how != ''
