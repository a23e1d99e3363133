-- As things stand now, whatever period the page shows; what needs a person comes first. Heartbeats
-- are read as they are; what was heard is as it was within the last minute.
SELECT
    source,
    if(watched.state = '', 'unwatched', toString(watched.state)) AS state,
    if(watched.state = '', heard.last_event_at, watched.last_sign_at) AS last_sign_at,
    heard.kept_last_hour AS kept_last_hour,
    heard.kept_last_day AS kept_last_day,
    if(heard.kept_last_day > 0, heard.lag_p50_sec, NULL) AS lag_p50_sec,
    if(heard.kept_last_day > 0, heard.lag_p95_sec, NULL) AS lag_p95_sec
FROM
(
    SELECT toString(producer) AS source, * FROM producer_states
) AS watched
FULL JOIN (SELECT toString(source) AS source, * EXCEPT (source) FROM sources_kept) AS heard
    USING source
ORDER BY indexOf(['stalled', 'live', 'unwatched', 'stopped', 'abandoned'], state), source
LIMIT 100
