SELECT quantileExactInclusiveOrNull(0.5)(lead_time_sec) AS median_sec
FROM author_journeys
WHERE $__timeFilter(first_evidence_at)
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
