-- Alerts by when they opened, each with the severity it has reached. A day without is zero.
WITH
-- include: window
severities AS
(
    SELECT opened_at, severity
    FROM alerts_current
    WHERE $__timeFilter(opened_at)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND (kind != 'brand' OR '*' IN (${brand:singlequote}) OR series IN (${brand:singlequote}))
        AND (kind != 'topic' OR '*' IN (${topic:singlequote}) OR series IN (${topic:singlequote}))
)
SELECT
    toStartOfInterval(toDateTime(opened_at), toIntervalSecond(bucket_sec)) AS time,
    countIf(severity <= 3) AS light,
    countIf(severity BETWEEN 4 AND 6) AS medium,
    countIf(severity >= 7) AS strong
FROM severities
GROUP BY time
ORDER BY
    time WITH FILL
        FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
        TO until
        STEP toIntervalSecond(bucket_sec)
