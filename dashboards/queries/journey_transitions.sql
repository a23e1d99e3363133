SELECT
    step,
    step_after,
    sum(c.changes) AS changes,
    quantileTDigestMerge(0.5)(c.stayed) AS stayed
FROM journey_changes AS c
WHERE $__dateFilter(day)
    AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
GROUP BY step, step_after
ORDER BY changes DESC, step, step_after
LIMIT 20
