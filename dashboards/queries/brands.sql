WITH
counted AS
(
    SELECT arrayJoin(brands) AS brand, intent
    FROM mentions FINAL
    WHERE $__timeFilter(published_at)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
)
SELECT
    brand,
    countIf(intent = 'active') AS active,
    countIf(intent = 'latent') AS latent,
    countIf(intent NOT IN ('active', 'latent')) AS none
FROM counted
WHERE '*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote})
GROUP BY brand
ORDER BY count() DESC, brand
LIMIT 10
