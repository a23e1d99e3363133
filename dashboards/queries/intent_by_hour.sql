-- An hour without mentions is zero, not missing.
WITH
-- include: window
-- include: counted
SELECT
    toStartOfInterval(toDateTime(time), toIntervalSecond(bucket_sec)) AS time,
    sumIf(mentions, intent = 'active') AS active,
    sumIf(mentions, intent = 'latent') AS latent,
    sumIf(mentions, intent NOT IN ('active', 'latent')) AS none
FROM counted
GROUP BY time
ORDER BY
    time WITH FILL
        FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
        TO until
        STEP toIntervalSecond(bucket_sec)
