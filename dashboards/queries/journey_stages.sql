WITH
-- include: window
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
