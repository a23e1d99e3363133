-- A day without a word is zero.
WITH
heard AS
(
    SELECT day, toString(campaign) AS campaign, sum(said + published) AS mentions
    FROM campaign_days
    WHERE campaign != '' AND $__dateFilter(day)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    GROUP BY day, campaign
),
loudest AS
(
    SELECT campaign FROM heard GROUP BY campaign ORDER BY sum(mentions) DESC, campaign LIMIT 5
)
SELECT time, campaign, mentions
FROM
(
    SELECT toDateTime(day, 'UTC') AS time, campaign, sum(heard.mentions) AS mentions
    FROM heard
    WHERE campaign IN (SELECT campaign FROM loudest)
    GROUP BY time, campaign
    ORDER BY
        campaign,
        time WITH FILL
            FROM toStartOfDay(toDateTime($__fromTime, 'UTC'))
            TO toDateTime($__toTime, 'UTC')
            STEP 86400
)
ORDER BY time, campaign
