-- Alerts as they stand: those that go on first, then fading, then closed ones; the rarest first.
-- The settings are those of the detector's own newest change. People can act on an alert while the
-- series has had no other one after it.
SELECT
    a.alert_id AS alert_id, a.kind AS kind, a.series AS series, a.lang AS lang, a.change AS change,
    a.state AS state, a.at AS at, a.state_at AS state_at, a.opened_at AS opened_at,
    a.since AS since, a.severity AS severity, a.observed AS observed, a.expected AS expected,
    a.window_min AS window_min, a.false_per_week AS false_per_week,
    least(a.sure, 0.999) AS certainty, a.watched AS watched, a.before_contact AS before_contact,
    a.words AS words, s.detector_settings AS settings_version, a.acknowledged_by AS acknowledged_by,
    if(a.snoozed_until > now64(3), toNullable(a.snoozed_until), NULL) AS snoozed_till,
    a.change = n.newest AS is_newest, s.last_note AS note, s.noted_by AS noted_by,
    s.noted_at AS noted_at, s.opened_silently AS opened_silently
FROM alerts_current AS a
INNER JOIN
(
    SELECT
        alert_id,
        argMaxIf(settings_version, change, by = '') AS detector_settings,
        argMaxIf(note, change, event = 'noted') AS last_note,
        argMaxIf(by, change, event = 'noted') AS noted_by,
        maxIf(at, event = 'noted') AS noted_at,
        countIf(event = 'opened' AND NOT notice) AS opened_silently
    FROM alerts FINAL
    GROUP BY alert_id
) AS s ON s.alert_id = a.alert_id
INNER JOIN
(
    SELECT kind, series, lang, max(change) AS newest FROM alerts GROUP BY kind, series, lang
) AS n ON n.kind = a.kind AND n.series = a.series AND n.lang = a.lang
WHERE ({id:String} = '' OR a.alert_id = {id:String})
    AND ({series:String} = '' OR a.series = {series:String})
    AND ({lang:String} = '*' OR a.lang = {lang:String})
    AND a.severity >= {severity:UInt8}
    AND multiIf(
        {state:String} = 'all', 1,
        {state:String} = 'now', a.state != 'closed',
        {state:String} = 'open', a.state IN ('open', 'growing'),
        {state:String} = 'acknowledged', a.acknowledged_by != '' AND a.state != 'closed',
        {state:String} = 'snoozed', a.snoozed_until > now64(3) AND a.change = n.newest,
        a.state = {state:String}
    )
ORDER BY
    transform(a.state, ['open', 'growing', 'fading'], [0, 0, 1], 2),
    if(a.state = 'closed', 0, a.severity) DESC,
    a.since DESC, a.series, a.lang, a.alert_id
LIMIT {limit:UInt32}
