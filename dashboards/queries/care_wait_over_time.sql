-- An hour in which nobody was answered has no time; it is missing, not zero.
WITH
-- include: window
-- include: care
SELECT
    toStartOfInterval(toDateTime(asked_at), toIntervalSecond(bucket_sec)) AS time,
    quantileExactInclusive(0.5)(dateDiff('second', asked_at, first_reply_at)) AS median,
    quantileExactInclusive(0.9)(dateDiff('second', asked_at, first_reply_at)) AS p90
FROM items
WHERE first_reply_at IS NOT NULL
GROUP BY time
ORDER BY time
