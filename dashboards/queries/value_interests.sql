WITH best AS
(
    SELECT
        if(r.handle = '', i.author_id, r.handle) AS person,
        i.interest AS interest,
        i.mentions AS mentions,
        i.last_at AS last_at,
        i.rating AS rating,
        i.newest_id AS newest_id
    FROM interests_top AS i
    LEFT JOIN ratings_top AS r ON r.author_id = i.author_id
    ORDER BY rating DESC, mentions DESC, person, interest
    LIMIT 50
)
SELECT
    b.person AS person,
    b.interest AS interest,
    b.mentions AS mentions,
    b.last_at AS last_at,
    b.rating AS rating,
    m.text AS newest
FROM best AS b
LEFT JOIN
(
    SELECT mention_id, text
    FROM mentions FINAL
    WHERE toStartOfMinute(published_at) IN (SELECT toStartOfMinute(last_at) FROM best)
        AND mention_id IN (SELECT newest_id FROM best)
) AS m ON m.mention_id = b.newest_id
ORDER BY rating DESC, mentions DESC, person, interest
