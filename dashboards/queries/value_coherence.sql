SELECT
    if(campaign = '', formatDateTime(period, '%Y-%m'), campaign) AS what,
    verdict,
    people_said,
    brand_published,
    never_said,
    likeness,
    favourable
FROM brand_coherence
WHERE campaign != ''
    OR (
        period >= toStartOfMonth(toDateTime($__fromTime), 'UTC') AND period <= toDateTime($__toTime)
    )
ORDER BY campaign = '', campaign, period DESC
LIMIT 50
