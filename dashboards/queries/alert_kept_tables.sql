-- Kept tables of which the last attempt failed, or that nobody has made anew for an hour.
SELECT countIf(exception != '' OR last_success_time < now() - INTERVAL 1 HOUR) AS tables
FROM system.view_refreshes
WHERE database = currentDatabase()
