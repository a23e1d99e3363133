WITH
-- include: care
SELECT
    leftPad(toString(toHour(asked_at, 'UTC')), 2, '0') AS hour,
    countIf(is_in_time) AS in_time,
    countIf(is_late) AS late,
    countIf(is_unanswered) AS unanswered
FROM items
GROUP BY hour
ORDER BY hour
LIMIT 24
