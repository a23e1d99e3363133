WITH
-- include: window
-- include: care
SELECT
    toStartOfInterval(toDateTime(asked_at), toIntervalSecond(bucket_sec)) AS time,
    countIf(is_in_time) AS in_time,
    countIf(is_late) AS late,
    countIf(is_unanswered) AS unanswered
FROM items
GROUP BY time
ORDER BY
    time WITH FILL
        FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
        TO until
        STEP toIntervalSecond(bucket_sec)
