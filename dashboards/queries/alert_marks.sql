SELECT
    opened_at AS time,
    if(state = 'closed', at, now64(3)) AS timeEnd,
    concat(series, ' (', lang, '): ', toString(observed), ' / ', toString(round(expected, 1)))
        AS text,
    concat(kind, ',', toString(severity)) AS tags
FROM alerts_current
WHERE $__timeFilter(opened_at)
ORDER BY time
LIMIT 500
