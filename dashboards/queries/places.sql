WITH
-- include: window
-- include: counted
SELECT
    source,
    sumIf(mentions, intent = 'active') AS active,
    sumIf(mentions, intent = 'latent') AS latent,
    sumIf(mentions, intent NOT IN ('active', 'latent')) AS none
FROM counted
WHERE counted.mentions > 0
GROUP BY source
ORDER BY sum(mentions) DESC, source
LIMIT 20
