SELECT
    if(r.handle = '', i.author_id, r.handle) AS person,
    i.interest AS interest,
    i.mentions AS mentions,
    i.last_at AS last_at,
    i.rating AS rating
FROM interests_top AS i
LEFT JOIN ratings_top AS r ON r.author_id = i.author_id
ORDER BY rating DESC, mentions DESC, person, interest
LIMIT 50
