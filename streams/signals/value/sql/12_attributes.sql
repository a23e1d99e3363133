-- Promise: per month, campaign and declared attribute how often people say it of the brand's own
-- names, with what sentiment, and how often the brand's accounts publish it; answers of staff are
-- service, not publishing. Campaign '' is all of the month; attribute '' is every mention, with those
-- that name any attribute beside. Seed: "Cómo crear experiencias de cliente" 1. Unit: mentions.
INSERT INTO value_attributes
SELECT
    {run:UInt64},
    month,
    campaign,
    arrayJoin(arrayConcat([''], attributes)) AS attribute,
    side,
    count(),
    countIf(notEmpty(attributes)),
    countIf(sentiment = 'positive'),
    countIf(sentiment = 'negative')
FROM
(
    SELECT
        toStartOfMonth(published_at, 'UTC') AS month,
        arrayJoin(arrayConcat([''], CAST(campaigns, 'Array(String)'))) AS campaign,
        CAST(attributes, 'Array(String)') AS attributes,
        if(author_id IN
        (
            SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind = 'staff'
        ), 'brand', 'people') AS side,
        toString(sentiment) AS sentiment,
        published_at AS at,
        mention_id
    FROM mentions FINAL
    WHERE kind != 'repost'
        AND (author_role = '' OR kind NOT IN ('reply', 'comment'))
        AND (author_role != '' OR notEmpty(campaigns) OR hasAny(
            CAST(brands, 'Array(String)'),
            (
                SELECT groupArray(name)
                FROM value_declared
                WHERE run = {run:UInt64} AND kind = 'own brand'
            )
        ))
        AND /* original */
        AND author_id NOT IN
        (
            SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind IN ('bot', 'rival')
        )
)
GROUP BY month, campaign, attribute, side
