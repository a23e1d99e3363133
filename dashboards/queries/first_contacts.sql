-- Who had to do with a brand for the first time ever, as the view first_contacts says, made to be
-- quick: pairs of author and brand by a hash, and moment and kind in one number, whose minimum is
-- the first contact. Up to three days by the hour, else by the day.
WITH
$__fromTime AS since,
$__toTime AS until,
if(until - since <= 3 * 86400, 3600, 86400) AS bucket_sec,
['words', 'repost', 'like', 'follow', 'bookmark'] AS kinds,
staff AS
(
    SELECT source, author_id FROM mentions FINAL WHERE author_role IN ('own', 'care', 'employee')
),
contacts AS
(
    SELECT
        sipHash64(
            source,
            author_id,
            arrayJoin(arrayFilter(
                brand -> '*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}), brands
            ))
        ) AS pair,
        published_at AS at,
        if(kind = 'repost', 2, 1) AS kind_number,
        ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
            AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
            AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
            AS is_chosen
    FROM mentions FINAL
    WHERE author_role NOT IN ('own', 'care', 'employee') AND published_at <= until
    UNION ALL
    SELECT
        sipHash64(
            source,
            author_id,
            arrayJoin(arrayFilter(
                brand -> '*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}), brands
            ))
        ) AS pair,
        occurred_at AS at,
        indexOf(kinds, kind) AS kind_number,
        '*' IN (${lang:singlequote})
            AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
            AND '*' IN (${topic:singlequote})
            AS is_chosen
    FROM interactions FINAL
    WHERE occurred_at <= until AND (source, author_id) NOT IN (SELECT source, author_id FROM staff)
),
firsts AS
(
    SELECT
        min(toUnixTimestamp64Milli(at) * 16 + kind_number * 2 + is_chosen) AS first,
        toDateTime(intDiv(first, 16000), 'UTC') AS first_at
    FROM contacts
    GROUP BY pair
    HAVING first_at >= since AND first % 2 = 1
),
numbered AS (SELECT first_at, kinds[intDiv(first % 16, 2)] AS kind FROM firsts)
SELECT
    toStartOfInterval(first_at, toIntervalSecond(bucket_sec)) AS time,
    countIf(kind = 'like') AS like,
    countIf(kind = 'follow') AS follow,
    countIf(kind = 'repost') AS repost,
    countIf(kind = 'bookmark') AS bookmark,
    countIf(kind = 'words') AS words
FROM numbered
GROUP BY time
ORDER BY
    time WITH FILL
        FROM toStartOfInterval(since, toIntervalSecond(bucket_sec))
        TO until
        STEP toIntervalSecond(bucket_sec)
