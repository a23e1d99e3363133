SELECT countIf(trouble != '') AS workers
FROM worker_models FINAL
WHERE seen_at > now64(3) - INTERVAL 10 MINUTE
