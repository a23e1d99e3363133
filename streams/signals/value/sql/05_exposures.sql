-- Promise: who demonstrably saw a person's recommendation, and when: reacted to it (like, repost,
-- bookmark, reply, quote), or was given it in an answer. Followers are no exposure: nobody knows what
-- they saw. Brands, bots and oneself expose nobody and are not exposed.
INSERT INTO value_exposures (* EXCEPT stored_at)
WITH
    given AS
    (
        SELECT mention_id, author_id, published_at
        FROM mentions FINAL
        WHERE has(acts, 'gives_recommendation') AND /* original */ AND author_id NOT IN
        (
            SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
        )
    )
SELECT
    {run:UInt64},
    person_id,
    recommender_id,
    at,
    mention_id,
    if(max(is_answer), 'answered', 'reacted')
FROM
(
    SELECT
        i.author_id AS person_id,
        g.author_id AS recommender_id,
        greatest(i.occurred_at, g.published_at) AS at,
        g.mention_id AS mention_id,
        0 AS is_answer
    FROM
    (
        SELECT author_id, occurred_at, target_id
        FROM interactions FINAL
        WHERE kind IN ('like', 'repost', 'bookmark')
    ) AS i
    INNER JOIN given AS g ON g.mention_id = i.target_id
    UNION ALL
    SELECT m.author_id, g.author_id, greatest(m.published_at, g.published_at), g.mention_id, 0
    FROM
    (
        SELECT author_id, published_at, arrayJoin([parent_id, quoted_id]) AS target_id
        FROM mentions FINAL
        WHERE (parent_id != '' OR quoted_id != '')
    ) AS m
    INNER JOIN given AS g ON g.mention_id = m.target_id
    UNION ALL
    SELECT answered_id, author_id, at, mention_id, 1
    FROM value_answers
    WHERE run = {run:UInt64} AND is_recommendation AND is_original AND from_kind = 'person'
)
WHERE person_id != recommender_id AND person_id NOT IN
(
    SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
)
GROUP BY person_id, recommender_id, at, mention_id
