SELECT 1 - sum(unattributed) / sum(orders) AS referred
FROM referral_months
WHERE month >= toStartOfMonth(toDateTime($__fromTime), 'UTC')
    AND month <= toDateTime($__toTime)
    AND ('*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote}))
HAVING sum(orders) > 0
