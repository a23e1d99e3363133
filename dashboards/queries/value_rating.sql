SELECT
    if(handle = '', author_id, handle) AS person,
    rating,
    segment,
    reach,
    recommendation,
    influence,
    collaboration,
    reciprocity,
    loyalty,
    constancy
FROM ratings_top
ORDER BY rating DESC, author_id
LIMIT 50
