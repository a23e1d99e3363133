-- Heartbeats tell the whole period; mentions, which are many, the last six hours of it.
SELECT
    $__timeInterval(stored_at) AS time,
    quantile(0.5)(delay_sec) AS p50,
    quantile(0.95)(delay_sec) AS p95
FROM
(
    SELECT stored_at, dateDiff('millisecond', kafka_timestamp, stored_at) / 1000 AS delay_sec
    FROM mentions
    WHERE $__timeFilter(stored_at) AND stored_at >= $__toTime - INTERVAL 6 HOUR
    UNION ALL
    SELECT stored_at, dateDiff('millisecond', kafka_timestamp, stored_at) / 1000 AS delay_sec
    FROM heartbeats
    WHERE $__timeFilter(stored_at)
)
GROUP BY time
ORDER BY time
