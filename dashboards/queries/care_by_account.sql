WITH
-- include: care
SELECT
    if(account = '', '–', account) AS account,
    countIf(is_in_time) AS in_time,
    countIf(is_late) AS late,
    countIf(is_unanswered) AS unanswered
FROM items
GROUP BY account
ORDER BY count() DESC, account
LIMIT 12
