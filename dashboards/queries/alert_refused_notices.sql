-- Notices that a receiver refused for good and that were passed by, in the last day.
SELECT count() AS notices
FROM alert_faults FINAL
WHERE passed_at > now64(3) - INTERVAL 1 DAY
