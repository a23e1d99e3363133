-- Moments from which on another model judged.
SELECT since AS time, concat('Modelo ', version, ' · Model ', version) AS text
FROM model_versions FINAL
WHERE $__timeFilter(since)
ORDER BY time
LIMIT 200
