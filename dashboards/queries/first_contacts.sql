-- Who had to do with a brand for the first time ever: first_contacts_kept.
-- Up to three days by the hour, else by the day.
WITH
$__fromTime AS since,
$__toTime AS until,
if(until - since <= 3 * 86400, 3600, 86400) AS bucket_sec
SELECT
    toStartOfInterval(toDateTime(first_at), toIntervalSecond(bucket_sec)) AS time,
    countIf(kind = 'like') AS like,
    countIf(kind = 'follow') AS follow,
    countIf(kind = 'repost') AS repost,
    countIf(kind = 'bookmark') AS bookmark,
    countIf(kind IN ('mention', 'reply')) AS words
FROM first_contacts_timed
WHERE $__timeFilter(first_at)
    AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
    AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
GROUP BY time
ORDER BY
    time WITH FILL
        FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
        TO until
        STEP toIntervalSecond(bucket_sec)
