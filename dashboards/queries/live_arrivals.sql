-- What was stored since a moment, by insert: all rows of one share their `stored_at`, so partition
-- and time name it. `now_ms` is ClickHouse's own clock, by which the next question is asked.
SELECT
    toUnixTimestamp64Milli(now64(3)) AS now_ms,
    groupUniqArray(5000)((kafka_partition, toUnixTimestamp64Milli(stored_at))) AS arrivals
FROM mentions
WHERE stored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND counted
