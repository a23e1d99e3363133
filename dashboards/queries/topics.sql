WITH
counted AS
(
    SELECT arrayJoin(topics) AS topic, intent
    FROM mentions FINAL
    WHERE $__timeFilter(published_at)
        AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
)
SELECT
    topic,
    countIf(intent = 'active') AS active,
    countIf(intent = 'latent') AS latent,
    countIf(intent NOT IN ('active', 'latent')) AS none
FROM counted
WHERE '*' IN (${topic:singlequote}) OR topic IN (${topic:singlequote})
GROUP BY topic
ORDER BY count() DESC, topic
LIMIT 10
