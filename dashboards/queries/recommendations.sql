SELECT toDateTime(month, 'UTC') AS time, sum(r.given) AS given, sum(r.asked) AS asked
FROM recommendations AS r
WHERE month >= toStartOfMonth(toDateTime($__fromTime), 'UTC') AND month <= toDateTime($__toTime)
GROUP BY time
ORDER BY time
