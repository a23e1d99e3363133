-- Alerts of the period by when they opened, as they stand now, the strongest first.
SELECT
    opened_at,
    series,
    kind,
    lang,
    state,
    severity,
    observed,
    expected,
    before_contact,
    arrayStringConcat(words, ', ') AS driving_words
FROM alerts_current
WHERE $__timeFilter(opened_at)
    AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
    AND (kind != 'brand' OR '*' IN (${brand:singlequote}) OR series IN (${brand:singlequote}))
    AND (kind != 'topic' OR '*' IN (${topic:singlequote}) OR series IN (${topic:singlequote}))
ORDER BY severity DESC, opened_at DESC, series, lang
LIMIT 100
