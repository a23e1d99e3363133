-- Alerts as they stand: those that go on first, then fading, then closed ones; the rarest first.
-- The settings are those of the detector's own newest change; `is_newest`: people can act on it, since
-- the series has had no other alert after it.
SELECT
    alert_id, kind, series, lang, change, state, at, state_at, opened_at, since, severity, observed,
    expected, window_min, false_per_week, least(sure, 0.999) AS certainty, watched, before_contact,
    words, settings_version, acknowledged_by,
    if(snoozed_until > now64(3), snoozed_until, NULL) AS snoozed_till, is_newest, last_note, notices
FROM
(
    SELECT
        alert_id,
        argMax((
            kind, series, lang, state, at, state_at, opened_at, since, severity, observed, expected,
            window_min, false_per_week, sure, watched, before_contact, words, acknowledged_by,
            snoozed_until
        ), change) AS last,
        max(change) AS change,
        argMaxIf(settings_version, change, by = '') AS settings_version,
        argMaxIf((note, by, at), change, event = 'noted') AS last_note,
        countIf(notice) AS notices,
        max(change) = max(max(change)) OVER (PARTITION BY any(kind), any(series), any(lang))
            AS is_newest,
        last.1 AS kind, last.2 AS series, last.3 AS lang, last.4 AS state, last.5 AS at,
        last.6 AS state_at, last.7 AS opened_at, last.8 AS since, last.9 AS severity,
        last.10 AS observed, last.11 AS expected, last.12 AS window_min, last.13 AS false_per_week,
        last.14 AS sure, last.15 AS watched, last.16 AS before_contact, last.17 AS words,
        last.18 AS acknowledged_by, last.19 AS snoozed_until
    FROM alerts FINAL
    GROUP BY alert_id
)
WHERE ({id:String} = '' OR alert_id = {id:String})
    AND ({series:String} = '' OR series = {series:String})
    AND ({lang:String} = '*' OR lang = {lang:String})
    AND severity >= {severity:UInt8}
    AND multiIf(
        {state:String} = '', 1,
        {state:String} = 'now', state != 'closed',
        {state:String} = 'open', state IN ('open', 'growing'),
        {state:String} = 'acknowledged', acknowledged_by != '' AND state != 'closed',
        {state:String} = 'snoozed', snoozed_until > now64(3),
        state = {state:String}
    )
ORDER BY
    transform(state, ['open', 'growing', 'fading'], [0, 0, 1], 2),
    state = 'closed' ? 0 : severity DESC,
    since DESC, series, lang, alert_id
LIMIT {limit:UInt32}
