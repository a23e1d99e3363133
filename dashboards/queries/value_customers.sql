-- The first of them by what the operator chose to rank by. Decimals become floats for the eye only.
SELECT
    multiIf(
        'valor aditivo · additive value' IN (${rank:singlequote}), rank_additive,
        'compras · purchases' IN (${rank:singlequote}), rank_transactions,
        rank_social
    ) AS place,
    if(handle = '', author_id, handle) AS customer,
    currency,
    toFloat64(value_items) AS value_items_shown,
    toFloat64(value_trips) AS value_trips_shown,
    influence_factor,
    toFloat64(value_influence) AS value_influence_shown,
    collaboration_factor,
    toFloat64(value_collaboration) AS value_collaboration_shown,
    toFloat64(lifetime_value) AS lifetime_value_shown,
    toFloat64(referral_value) AS referral_value_shown,
    toFloat64(influence_value) AS influence_value_shown,
    toFloat64(knowledge_value) AS knowledge_value_shown,
    toFloat64(additive_value) AS additive_value_shown
FROM customers_top
WHERE '*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote})
ORDER BY place, currency, author_id
LIMIT 50
