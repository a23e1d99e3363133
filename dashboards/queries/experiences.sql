-- Experiences told in the period, brand by brand: one's own, or also somebody else's.
SELECT
    e.brand AS brand,
    sumIf(e.mentions, whose = 'own') AS own,
    sumIf(e.mentions, whose = 'others') AS others,
    others / (own + others) AS others_share,
    sumIf(positive, whose = 'own') / nullIf(sumIf(positive + negative, whose = 'own'), 0)
        AS own_liked,
    sumIf(positive, whose = 'others') / nullIf(sumIf(positive + negative, whose = 'others'), 0)
        AS others_liked
FROM experience_days AS e
WHERE day >= toDate($__fromTime) AND day <= toDate($__toTime)
    AND ('*' IN (${brand:singlequote}) OR e.brand IN (${brand:singlequote}))
    AND ('*' IN (${source:singlequote}) OR e.source IN (${source:singlequote}))
    AND ('*' IN (${lang:singlequote}) OR e.lang IN (${lang:singlequote}))
GROUP BY brand
ORDER BY own + others DESC, brand
LIMIT 30
