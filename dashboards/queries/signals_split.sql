WITH
chosen AS
(
    SELECT day, sum(contacts) AS reactive, 0 AS proactive
    FROM contacts_by_day
    WHERE $__dateFilter(day)
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND if(
            '*' IN (${brand:singlequote}),
            brand IN (SELECT name FROM listened_current WHERE section = 'brand' AND own)
                OR (SELECT count() FROM listened_current WHERE section = 'brand' AND own) = 0,
            brand IN (${brand:singlequote})
        )
    GROUP BY day
    UNION ALL
    SELECT toDate(at, 'UTC') AS day, 0 AS reactive, count() AS proactive
    FROM intent_signals
    WHERE $__timeFilter(at)
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND if(
            '*' IN (${brand:singlequote}),
            is_proactive,
            NOT hasAny(contacted, [${brand:singlequote}])
        )
    GROUP BY day
)
SELECT
    toDateTime(day, 'UTC') AS time,
    sum(proactive) AS proactive,
    sum(reactive) AS reactive
FROM chosen
GROUP BY time
ORDER BY time
