SELECT
    since,
    series,
    kind,
    lang,
    if(acknowledged_by = '', if(snoozed_until > now64(3), 'snoozed', state), 'acknowledged') AS state,
    severity,
    observed,
    expected,
    least(sure, 0.999) AS sure,
    before_contact,
    arrayStringConcat(words, ', ') AS driving_words,
    link,
    leftUTF8(alert_id, 10) AS alert
FROM alerts_current
WHERE alerts_current.state != 'closed'
    AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
    AND (kind != 'brand' OR '*' IN (${brand:singlequote}) OR series IN (${brand:singlequote}))
    AND (kind != 'topic' OR '*' IN (${topic:singlequote}) OR series IN (${topic:singlequote}))
ORDER BY severity DESC, since DESC, series, lang
LIMIT 100
