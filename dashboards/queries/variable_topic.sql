-- Of the last 100 days as they are kept, and of what came since.
SELECT toString(name) AS topic
FROM
(
    SELECT name, sum(mentions) AS said FROM heard_by_hour WHERE by = 'topic' GROUP BY name
    UNION ALL
    SELECT arrayJoin(topics) AS name, count() AS said
    FROM mentions
    WHERE notEmpty(topics) AND published_at >= (
        SELECT if(count() = 0, toDateTime64(0, 3), toStartOfHour(any(as_of)))
        FROM (SELECT as_of FROM heard_by_hour LIMIT 1)
    )
    GROUP BY name
)
GROUP BY topic
ORDER BY sum(said) DESC, topic
LIMIT 500
