-- Promise: per month how many recommendations people gave and asked for; copies, reposts, spam, staff,
-- rivals and bots left out. Unit: mentions. Seed: "Los tres pilares" (networks are a channel of
-- recommendation).
INSERT INTO value_recommendations
SELECT
    {run:UInt64},
    toStartOfMonth(published_at, 'UTC') AS month,
    countIf(has(acts, 'gives_recommendation')),
    countIf(has(acts, 'asks_recommendation'))
FROM mentions FINAL
WHERE hasAny(acts, ['gives_recommendation', 'asks_recommendation'])
    AND /* original */
    AND author_id NOT IN
    (
        SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
    )
GROUP BY month
