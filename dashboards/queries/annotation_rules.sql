-- Moments from which on other listening rules held.
SELECT applied_at AS time, concat('Reglas ', version, ' · Rules ', version) AS text
FROM rule_versions FINAL
WHERE $__timeFilter(applied_at)
ORDER BY time
LIMIT 200
