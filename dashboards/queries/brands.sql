WITH
-- include: window
counted AS
(
    SELECT brand, intent, mentions
    FROM brand_mentions_hourly
    WHERE hour >= first_hour AND hour < end_hour
        AND brand != ''
        AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    UNION ALL
    SELECT arrayJoin(brands) AS brand, intent, 1 AS mentions
    FROM mentions FINAL
    WHERE $__timeFilter(published_at)
        AND (published_at < first_hour OR published_at >= end_hour)
        AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
)
SELECT
    brand,
    sumIf(mentions, intent = 'active') AS active,
    sumIf(mentions, intent = 'latent') AS latent,
    sumIf(mentions, intent NOT IN ('active', 'latent')) AS none
FROM counted
GROUP BY brand
ORDER BY sum(mentions) DESC, brand
LIMIT 10
