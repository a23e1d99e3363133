SELECT time, worker, sum(read) / max(seconds) AS records_per_sec
FROM
(
    SELECT
        $__timeInterval(planned_at) AS time,
        worker,
        toUInt64(records) AS read,
        $__interval_s AS seconds
    FROM ledger
    WHERE $__timeFilter(planned_at)
)
GROUP BY time, worker
ORDER BY time, worker
