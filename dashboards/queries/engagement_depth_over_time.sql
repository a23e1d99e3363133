WITH
-- include: engaged_chosen
SELECT toDateTime(week, 'UTC') AS time, sum(chosen.depth) / nullIf(sum(conversations), 0) AS depth
FROM chosen
GROUP BY time
ORDER BY time
