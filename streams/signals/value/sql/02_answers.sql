-- Promise: each reply or comment whose addressee is known has one row. The addressee is what the
-- network says, else the author of the stored parent. An answer helps when its parent asked: a
-- question, an incident, a complaint, for a recommendation, for the state of an order, or needed a
-- reply; when the parent is not stored it does not.
INSERT INTO value_answers
SELECT
    {run:UInt64},
    a.author_id,
    a.answered_id,
    a.published_at,
    a.mention_id,
    a.source,
    if(of_author.kind = '', 'person', of_author.kind),
    if(of_answered.kind = '', 'person', of_answered.kind),
    a.asks,
    a.is_recommendation,
    a.is_original
FROM
(
    SELECT
        r.author_id AS author_id,
        if(r.parent_author_id != '', r.parent_author_id, p.author_id) AS answered_id,
        r.published_at AS published_at,
        r.mention_id AS mention_id,
        r.source AS source,
        p.asks AS asks,
        r.is_recommendation AS is_recommendation,
        r.is_original AS is_original
    FROM
    (
        SELECT
            author_id,
            parent_author_id,
            sipHash64(parent_id) AS parent,
            published_at,
            mention_id,
            source,
            has(acts, 'gives_recommendation') AS is_recommendation,
            /* original */ AS is_original
        FROM mentions FINAL
        WHERE kind IN ('reply', 'comment') AND parent_id != ''
    ) AS r
    LEFT JOIN
    (
        SELECT
            sipHash64(mention_id) AS id,
            author_id,
            needs_reply OR hasAny(
                acts, ['question', 'asks_recommendation', 'incident', 'complaint', 'order_status']
            ) AS asks
        FROM mentions FINAL
        WHERE asks OR id IN
        (
            SELECT sipHash64(parent_id)
            FROM mentions
            WHERE kind IN ('reply', 'comment') AND parent_author_id = ''
        )
    ) AS p ON p.id = r.parent
) AS a
LEFT JOIN
(
    SELECT author_id, toString(kind) AS kind
    FROM value_voices
    WHERE run = {run:UInt64} AND kind != 'person'
) AS of_author ON of_author.author_id = a.author_id
LEFT JOIN
(
    SELECT author_id, toString(kind) AS kind
    FROM value_voices
    WHERE run = {run:UInt64} AND kind != 'person'
) AS of_answered ON of_answered.author_id = a.answered_id
WHERE a.answered_id != '' AND a.answered_id != a.author_id
