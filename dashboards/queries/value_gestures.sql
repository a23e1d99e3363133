SELECT
    author_id AS person,
    currency,
    gestures,
    first_given_at,
    toFloat64(cost) AS cost_shown,
    toFloat64(direct_revenue) AS direct_revenue_shown,
    toFloat64(referred_revenue) AS referred_revenue_shown,
    toFloat64(net) AS net_shown,
    toFloat64(net_low) AS net_low_shown,
    toFloat64(net_high) AS net_high_shown
FROM gestures_top
WHERE '*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote})
ORDER BY net DESC, person
LIMIT 50
