SELECT
    toDateTime(month, 'UTC') AS time,
    sum(named) AS by_name,
    sum(answered) AS by_answer,
    sum(reacted) AS by_reaction
FROM referral_months
WHERE $__timeFilter(time)
    AND ('*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote}))
GROUP BY time
ORDER BY time
