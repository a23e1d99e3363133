-- Stages of a brand or a topic are not kept by the hour.
WITH
$__fromTime AS since,
$__toTime AS until,
(until - since) <= 6 * 3600
    OR '*' NOT IN (${brand:singlequote}) OR '*' NOT IN (${topic:singlequote}) AS by_minutes,
-- include: counted
SELECT
    stage,
    sumIf(mentions, intent = 'active') AS active,
    sumIf(mentions, intent = 'latent') AS latent,
    sumIf(mentions, intent NOT IN ('active', 'latent')) AS none
FROM counted
WHERE stage NOT IN ('', 'none')
GROUP BY stage
ORDER BY indexOf(['awareness', 'consideration', 'decision', 'use', 'advocacy'], stage)
