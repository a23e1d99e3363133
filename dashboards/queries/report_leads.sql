-- People whose intent was first heard in the period, by what they would do and by what has become of
-- them since: the lead queue, which reaches back 30 days. What began before is not known: no row.
SELECT
    lead_kind,
    count() AS opened,
    countIf(status IN ('ordered', 'won')) AS won,
    countIf(status = 'working') AS working,
    countIf(status = 'new') AS waiting,
    countIf(status IN ('lost', 'dismissed')) AS closed
FROM leads
WHERE $__timeFilter(first_at)
    AND $__fromTime >= now() - INTERVAL 30 DAY
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
GROUP BY lead_kind
ORDER BY opened DESC, lead_kind
