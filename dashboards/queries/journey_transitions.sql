SELECT
    step,
    step_after,
    count() AS changes,
    quantileTDigest(0.5)(stayed_sec) AS stayed
FROM journey_steps
WHERE step_after != '' AND $__timeFilter(at)
    AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
GROUP BY step, step_after
ORDER BY changes DESC, step, step_after
LIMIT 20
