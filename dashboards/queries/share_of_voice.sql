-- As in parts/counted.sql, by brand; a stretch in which no brand was named has no shares.
WITH
-- include: window
NOT by_minutes AND '*' IN (${topic:singlequote}) AS by_hours,
-- include: hours,
counted AS
(
    SELECT toDateTime(h.hour) AS time, toString(h.name) AS brand, h.mentions AS mentions
    FROM heard_by_hour AS h
    WHERE by_hours
        AND h.by = 'brand'
        AND h.hour >= hours_from AND h.hour < hours_to
        AND ('*' IN (${lang:singlequote}) OR h.lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR h.source IN (${source:singlequote}))
    UNION ALL
    SELECT toDateTime(m.published_at) AS time, toString(arrayJoin(m.brands)) AS brand, 1 AS mentions
    FROM
    (
-- include: fresh
    ) AS m
    WHERE '*' IN (${topic:singlequote}) OR hasAny(m.topics, [${topic:singlequote}])
),
by_bucket AS
(
    SELECT
        toStartOfInterval(counted.time, toIntervalSecond(bucket_sec)) AS bucket,
        brand,
        sum(counted.mentions) AS said
    FROM counted
    GROUP BY bucket, brand
),
shared AS
(
    SELECT
        bucket,
        brand,
        said,
        said / sum(said) OVER (PARTITION BY bucket) AS share,
        sum(said) OVER (PARTITION BY brand) AS said_in_all
    FROM by_bucket
),
ranked AS
(
    SELECT *, dense_rank() OVER (ORDER BY said_in_all DESC, brand) AS place
    FROM shared
    WHERE '*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote})
)
SELECT bucket AS time, brand, share
FROM ranked
WHERE place <= 5
ORDER BY time, brand
