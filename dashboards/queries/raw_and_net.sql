-- Raw is all that was said; net leaves out what says the same as another mention: copies, reposts
-- and entries of giveaways. A copy is published in the period itself, so only its own copies count.
WITH
-- include: window
-- include: counted
SELECT
    toStartOfInterval(toDateTime(time), toIntervalSecond(bucket_sec)) AS time,
    sum(mentions) AS raw,
    sum(counted.net) AS net
FROM counted
GROUP BY time
ORDER BY
    time WITH FILL
        FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
        TO until
        STEP toIntervalSecond(bucket_sec)
