-- Promise: two people of whom one answered the other are tied, once; mutual when both did.
-- Unit: answers. Seed: "Tres lecciones" (the value of social groups comes from connections).
INSERT INTO value_ties
SELECT
    {run:UInt64},
    least(author_id, answered_id) AS one,
    greatest(author_id, answered_id) AS other,
    count(),
    min(author_id) != max(author_id)
FROM value_answers
WHERE run = {run:UInt64} AND from_kind = 'person' AND to_kind = 'person'
GROUP BY one, other
