WITH
-- include: care
SELECT
    toString(sentiment) AS sentiment,
    countIf(is_in_time) AS in_time,
    countIf(is_late) AS late,
    countIf(is_unanswered) AS unanswered
FROM items
GROUP BY sentiment
ORDER BY sentiment
LIMIT 4
