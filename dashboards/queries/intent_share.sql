WITH
-- include: window
-- include: counted
SELECT
    if(sum(mentions) = 0, NULL, sumIf(mentions, intent IN ('latent', 'active')) / sum(mentions))
        AS share
FROM counted
