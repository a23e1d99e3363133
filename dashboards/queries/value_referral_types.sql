SELECT
    formatDateTime(month, '%Y-%m') AS in_month,
    currency,
    orders,
    type_1,
    type_2,
    unattributed,
    unattributed / orders AS unattributed_share,
    toFloat64(amount_type_1) AS amount_type_1_shown,
    toFloat64(amount_type_2) AS amount_type_2_shown
FROM referral_months
WHERE month >= toStartOfMonth(toDateTime($__fromTime), 'UTC') AND month <= toDateTime($__toTime)
    AND ('*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote}))
ORDER BY month DESC, currency
LIMIT 60
