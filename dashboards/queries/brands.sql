-- As in parts/counted.sql, by brand.
WITH
-- include: window
NOT by_minutes AND '*' IN (${topic:singlequote}) AS by_hours,
-- include: hours,
counted AS
(
    SELECT toString(h.name) AS brand, toString(h.intent) AS intent, h.mentions AS mentions
    FROM heard_by_hour AS h
    WHERE by_hours
        AND h.by = 'brand'
        AND h.hour >= hours_from AND h.hour < hours_to
        AND ('*' IN (${lang:singlequote}) OR h.lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR h.source IN (${source:singlequote}))
    UNION ALL
    SELECT toString(arrayJoin(m.brands)) AS brand, toString(m.intent) AS intent, 1 AS mentions
    FROM
    (
-- include: fresh
    ) AS m
    WHERE '*' IN (${topic:singlequote}) OR hasAny(m.topics, [${topic:singlequote}])
)
SELECT
    brand,
    sumIf(mentions, intent = 'active') AS active,
    sumIf(mentions, intent = 'latent') AS latent,
    sumIf(mentions, intent NOT IN ('active', 'latent')) AS none
FROM counted
WHERE '*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote})
GROUP BY brand
ORDER BY sum(mentions) DESC, brand
LIMIT 10
