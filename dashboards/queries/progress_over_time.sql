-- By week of purchase; the 60 % is what was once claimed, drawn to compare with and never counted.
SELECT
    toDateTime(toMonday(purchase_at, 'UTC'), 'UTC') AS time,
    quantileExactInclusive(0.25)(progress) AS quarter,
    quantileExactInclusive(0.5)(progress) AS median,
    quantileExactInclusive(0.75)(progress) AS three_quarters,
    0.6 AS reference
FROM author_journeys
WHERE purchase_at IS NOT NULL AND progress IS NOT NULL AND $__timeFilter(purchase_at)
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
GROUP BY time
ORDER BY time
