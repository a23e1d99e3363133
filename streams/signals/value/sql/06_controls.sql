-- Promise: how probable an order is without a recommendation. Of people who were about in a week
-- (said or reacted to something) and were exposed to none within the window on either side: how many
-- ordered within the window after they were first about. They are matched to the exposed by week, by
-- activity in that week (powers of two) and by orders of the 90 days before (0, 1, 2 or more), since
-- who is more active both sees more and buys more anyway.
-- Source: matched samples to tell influence from likeness, Aral, Muchnik and Sundararajan 2009,
-- doi 10.1073/pnas.0908800106; by coarsened exact matching, Iacus, King and Porro 2012,
-- doi 10.1093/pan/mpr013.
INSERT INTO value_controls
WITH
    (
        SELECT toInt64(number * 86400000) FROM value_settings FINAL WHERE name = 'influence_days'
    ) AS window_ms,
    toInt64(90 * 86400000) AS before_ms
SELECT
    {run:UInt64},
    week,
    activity,
    orders_before,
    count(),
    countIf(acted)
FROM
(
    SELECT
        a.week AS week,
        a.activity AS activity,
        least(arrayCount(t -> t <= a.since AND t > a.since - before_ms, o.times), 2)
            AS orders_before,
        arrayExists(t -> t > a.since AND t <= a.since + window_ms, o.times) AS acted
    FROM
    (
        SELECT
            person,
            week,
            min(ms) AS since,
            least(toUInt8(floor(log2(count()))), 6) AS activity
        FROM (/* activity */)
        GROUP BY person, week
    ) AS a
    LEFT JOIN
    (
        SELECT sipHash64(author_id) AS person, groupArray(toUnixTimestamp64Milli(ordered_at)) AS times
        FROM orders FINAL
        WHERE amount > 0
        GROUP BY person
    ) AS o ON o.person = a.person
    LEFT JOIN
    (
        SELECT sipHash64(person_id) AS person, groupArray(toUnixTimestamp64Milli(at)) AS times
        FROM value_exposures
        WHERE run = {run:UInt64}
        GROUP BY person
    ) AS e ON e.person = a.person
    WHERE NOT arrayExists(t -> abs(t - a.since) <= window_ms, e.times)
)
GROUP BY week, activity, orders_before
