-- Of what was stored in the last quarter of an hour, whatever period the page shows.
SELECT if(count() = 0, NULL, quantile(0.95)(delay_sec)) AS p95
FROM
(
    SELECT dateDiff('millisecond', kafka_timestamp, stored_at) / 1000 AS delay_sec
    FROM mentions
    WHERE stored_at >= now() - INTERVAL 15 MINUTE
    UNION ALL
    SELECT dateDiff('millisecond', kafka_timestamp, stored_at) / 1000 AS delay_sec
    FROM heartbeats
    WHERE stored_at >= now() - INTERVAL 15 MINUTE
)
