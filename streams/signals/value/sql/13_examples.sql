-- Promise: the three newest mentions of each sentiment that 12_attributes has counted.
INSERT INTO value_examples (* EXCEPT stored_at)
SELECT
    {run:UInt64},
    month,
    campaign,
    arrayJoin(attributes) AS attribute,
    side,
    sentiment,
    at,
    mention_id
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
ORDER BY at DESC, mention_id
LIMIT 3 BY month, campaign, attribute, side, sentiment
