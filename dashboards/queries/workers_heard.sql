SELECT count() AS workers FROM worker_models FINAL WHERE seen_at > now64(3) - INTERVAL 3 MINUTE
