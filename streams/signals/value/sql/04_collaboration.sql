-- Promise: of each person the distinct mentions by which they collaborate: answers that help another
-- person, usage tips, reviews, ideas. A mention that is several of these counts once; copies, reposts
-- and spam do not. Seed: "10 puntos", example (colaboración) and 10 d. Unit: mentions.
INSERT INTO value_collaboration
SELECT
    {run:UInt64},
    author_id,
    uniqExact(id),
    countIf(answered_id != ''),
    uniqExactIf(answered_id, answered_id != '')
FROM
(
    SELECT author_id, sipHash64(mention_id) AS id, '' AS answered_id
    FROM mentions FINAL
    WHERE
    (
        has(acts, 'usage_tip') OR kind = 'review'
        OR has(topics, (SELECT text FROM value_settings FINAL WHERE name = 'ideas_topic'))
    )
    AND /* original */
    UNION ALL
    SELECT author_id, sipHash64(mention_id) AS id, answered_id
    FROM value_answers
    WHERE run = {run:UInt64} AND is_help AND is_original AND to_kind = 'person'
)
WHERE author_id NOT IN
(
    SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
)
GROUP BY author_id
