-- By which models the workers that live judge, and what keeps them from others, without places.
SELECT
    worker, model_version, shadow_version,
    replaceRegexpAll(trouble, '\\w+://\\S+|([\\\\/][\\w.@+~-]+)+', '…') AS trouble, seen_at
FROM worker_models FINAL
WHERE seen_at > now64(3) - INTERVAL 150 SECOND
ORDER BY worker
LIMIT 200
