-- Promise: per month and place how much people said of the brands or in need of a reply, and what the
-- staff did there: answers to others, posts to nobody in particular, and how long answers took after
-- what they answer, as far as that is stored. What staff add to their own words is neither; an
-- answer to somebody who was forgotten since stays one. A place is a source and the site within it.
-- Seeds: "Tres lecciones" (it is their space), "10 puntos" 1, "escuchar y reaccionar".
INSERT INTO value_presence
SELECT
    {run:UInt64},
    month,
    source,
    site,
    countIf(NOT is_staff AND (names_brand OR needs_reply)),
    countIf(NOT is_staff AND needs_reply),
    uniqExactIf(author, NOT is_staff AND (names_brand OR needs_reply)),
    countIf(is_staff AND is_answer AND NOT to_itself),
    countIf(is_staff AND NOT is_answer),
    ifNotFinite(quantileExactIf(0.5)(waited_sec, waited_sec >= 0), -1),
    ifNotFinite(quantileExactIf(0.9)(waited_sec, waited_sec >= 0), -1)
FROM
(
    SELECT
        m.month AS month,
        m.source AS source,
        m.site AS site,
        m.author AS author,
        m.is_staff AS is_staff,
        m.names_brand AS names_brand,
        m.needs_reply AS needs_reply,
        m.is_answer AS is_answer,
        m.is_staff AND m.is_answer
            AND if(m.parent_author_id != '', m.parent_is_staff, p.is_staff) AS to_itself,
        if(
            m.is_staff AND NOT to_itself AND p.at > toDateTime64(0, 3, 'UTC') AND p.at <= m.at,
            dateDiff('millisecond', p.at, m.at) / 1000, -1
        ) AS waited_sec
    FROM
    (
        SELECT
            toStartOfMonth(published_at, 'UTC') AS month,
            source,
            site,
            sipHash64(author_id) AS author,
            author_id IN
            (
                SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind = 'staff'
            ) AS is_staff,
            notEmpty(brands) AS names_brand,
            needs_reply,
            kind IN ('reply', 'comment') AS is_answer,
            parent_author_id,
            parent_author_id IN
            (
                SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind = 'staff'
            ) AS parent_is_staff,
            published_at AS at,
            if(is_staff AND is_answer AND parent_id != '', sipHash64(parent_id), 0) AS parent
        FROM mentions FINAL
        WHERE kind != 'repost' AND author_id NOT IN
        (
            SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind IN ('bot', 'rival')
        )
    ) AS m
    LEFT JOIN
    (
        SELECT
            sipHash64(mention_id) AS id,
            published_at AS at,
            author_id IN
            (
                SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind = 'staff'
            ) AS is_staff
        FROM mentions FINAL
        WHERE id IN
        (
            SELECT sipHash64(parent_id) FROM mentions WHERE parent_id != '' AND author_id IN
            (
                SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind = 'staff'
            )
        )
    ) AS p ON p.id = m.parent
)
GROUP BY month, source, site
