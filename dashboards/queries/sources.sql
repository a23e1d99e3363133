-- As things stand now, whatever period the page shows; what needs a person comes first.
SELECT
    source,
    state,
    last_sign_at,
    kept_last_hour,
    kept_last_day,
    if(isFinite(lag_p50_sec) AND kept_last_day > 0, lag_p50_sec, NULL) AS lag_p50_sec,
    if(isFinite(lag_p95_sec) AND kept_last_day > 0, lag_p95_sec, NULL) AS lag_p95_sec
FROM sources_heard
ORDER BY indexOf(['stalled', 'live', 'unwatched', 'stopped', 'abandoned'], state), source
LIMIT 100
