SELECT quantileExactInclusiveOrNull(0.5)(progress) AS median
FROM author_journeys
WHERE purchase_at IS NOT NULL AND $__timeFilter(purchase_at)
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
