-- Moments when purchase intent was seen to emerge.
SELECT
    opened_at AS time,
    concat(series, ' (', lang, '): ', toString(observed), ' / ', toString(round(expected, 1)))
        AS text
FROM alerts_current
WHERE $__timeFilter(opened_at)
ORDER BY time
LIMIT 200
