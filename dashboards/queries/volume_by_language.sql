-- The five commonest languages have a line each, the rest share one; a silent stretch is zero.
WITH
-- include: window
-- include: counted,
commonest AS
(
    SELECT lang FROM counted GROUP BY lang ORDER BY sum(mentions) DESC, lang LIMIT 5
)
SELECT time, language, mentions
FROM
(
    SELECT
        toStartOfInterval(toDateTime(time), toIntervalSecond(bucket_sec)) AS time,
        multiIf(lang NOT IN (SELECT lang FROM commonest), 'other', lang = '', 'unknown', lang)
            AS language,
        sum(counted.mentions) AS mentions
    FROM counted
    GROUP BY time, language
    ORDER BY
        language,
        time WITH FILL
            FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
            TO until
            STEP toIntervalSecond(bucket_sec)
)
ORDER BY time, language
