-- Promise: for each recommender and each person they exposed, whether the person ordered within the
-- window after the first exposure, and with what probability comparable people did who saw nothing
-- (06_controls). Where fewer than `few` are comparable, those of the week with the same orders before
-- are taken, whatever their activity; where these are too few as well, nothing is said.
-- `recommenders` counts to whom the person was exposed within the window on either side: they share.
INSERT INTO value_influence (* EXCEPT stored_at)
WITH
    (
        SELECT toInt64(number * 86400000) FROM value_settings FINAL WHERE name = 'influence_days'
    ) AS window_ms,
    (
        SELECT toUInt32(number) FROM value_settings FINAL WHERE name = 'few'
    ) AS few,
    toInt64(90 * 86400000) AS before_ms
SELECT
    {run:UInt64},
    x.recommender_id,
    x.person_id,
    x.at,
    x.mention_id,
    x.how,
    x.recommenders,
    x.first_order.1 > 0,
    x.first_order.2,
    fromUnixTimestamp64Milli(x.first_order.1, 'UTC'),
    multiIf(
        exact.people >= few, exact.acted / exact.people,
        wide.people >= few, wide.acted / wide.people,
        NULL
    ),
    multiIf(exact.people >= few, exact.people, wide.people >= few, wide.people, 0)
FROM
(
    SELECT
        p.recommender_id AS recommender_id,
        p.person_id AS person_id,
        p.at AS at,
        p.mention_id AS mention_id,
        p.how AS how,
        toUnixTimestamp64Milli(p.at) AS ms,
        toMonday(p.at, 'UTC') AS week,
        length(arrayDistinct(arrayMap(
            e -> e.2, arrayFilter(e -> abs(e.1 - ms) <= window_ms, others.seen)
        ))) AS recommenders,
        toUInt8(least(arrayCount(t -> t.1 <= ms AND t.1 > ms - before_ms, o.times), 2))
            AS orders_before,
        toUInt8(least(floor(log2(greatest(about.times, 1))), 6)) AS activity,
        arrayFirst(t -> t.1 > ms AND t.1 <= ms + window_ms, o.times) AS first_order
    FROM
    (
        SELECT
            recommender_id,
            person_id,
            min((seen.at, seen.mention_id, toString(seen.how))) AS earliest,
            tupleElement(earliest, 1) AS at,
            tupleElement(earliest, 2) AS mention_id,
            tupleElement(earliest, 3) AS how
        FROM value_exposures AS seen
        WHERE run = {run:UInt64}
        GROUP BY recommender_id, person_id
    ) AS p
    LEFT JOIN
    (
        SELECT person_id, groupArray((toUnixTimestamp64Milli(at), recommender_id)) AS seen
        FROM value_exposures
        WHERE run = {run:UInt64}
        GROUP BY person_id
    ) AS others ON others.person_id = p.person_id
    LEFT JOIN
    (
        SELECT
            author_id,
            arraySort(groupArray((toUnixTimestamp64Milli(ordered_at), order_id))) AS times
        FROM orders FINAL
        WHERE amount > 0
        GROUP BY author_id
    ) AS o ON o.author_id = p.person_id
    LEFT JOIN
    (
        SELECT person, week, count() AS times
        FROM (/* activity */)
        WHERE person IN
        (
            SELECT sipHash64(person_id) FROM value_exposures WHERE run = {run:UInt64}
        )
        GROUP BY person, week
    ) AS about ON about.person = sipHash64(p.person_id) AND about.week = toMonday(p.at, 'UTC')
) AS x
LEFT JOIN
(
    SELECT week, activity, orders_before, people, acted
    FROM value_controls
    WHERE run = {run:UInt64}
) AS exact ON exact.week = x.week AND exact.activity = x.activity
    AND exact.orders_before = x.orders_before
LEFT JOIN
(
    SELECT week, orders_before, sum(people) AS people, sum(acted) AS acted
    FROM value_controls
    WHERE run = {run:UInt64}
    GROUP BY week, orders_before
) AS wide ON wide.week = x.week AND wide.orders_before = x.orders_before
