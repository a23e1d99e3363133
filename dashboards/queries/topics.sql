-- As in parts/counted.sql, by topic.
WITH
-- include: window
NOT by_minutes AND '*' IN (${brand:singlequote}) AS by_hours,
-- include: hours,
counted AS
(
    SELECT toString(h.name) AS topic, toString(h.intent) AS intent, h.mentions AS mentions
    FROM heard_by_hour AS h
    WHERE by_hours
        AND h.by = 'topic'
        AND h.hour >= hours_from AND h.hour < hours_to
        AND ('*' IN (${lang:singlequote}) OR h.lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR h.source IN (${source:singlequote}))
    UNION ALL
    SELECT toString(arrayJoin(m.topics)) AS topic, toString(m.intent) AS intent, 1 AS mentions
    FROM
    (
-- include: fresh
    ) AS m
    WHERE '*' IN (${brand:singlequote}) OR hasAny(m.brands, [${brand:singlequote}])
)
SELECT
    topic,
    sumIf(mentions, intent = 'active') AS active,
    sumIf(mentions, intent = 'latent') AS latent,
    sumIf(mentions, intent NOT IN ('active', 'latent')) AS none
FROM counted
WHERE '*' IN (${topic:singlequote}) OR topic IN (${topic:singlequote})
GROUP BY topic
ORDER BY sum(mentions) DESC, topic
LIMIT 10
