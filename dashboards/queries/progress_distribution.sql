SELECT
    if(
        progress IS NULL,
        'none',
        toString(toUInt8(least(9, floor(progress * 10)) * 10))
    ) AS tenth,
    count() AS authors
FROM author_journeys
WHERE purchase_at IS NOT NULL AND $__timeFilter(purchase_at)
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
GROUP BY tenth
ORDER BY tenth = 'none', toUInt8OrZero(tenth)
