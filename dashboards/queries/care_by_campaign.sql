WITH
-- include: care
SELECT
    if(in_campaign, 'campaign', 'outside') AS days,
    countIf(is_in_time) AS in_time,
    countIf(is_late) AS late,
    countIf(is_unanswered) AS unanswered
FROM items
GROUP BY days
ORDER BY days
LIMIT 2
