-- First days of campaigns, and the day after the last.
SELECT moment.1 AS time, concat(moment.2, name, moment.3) AS text
FROM
(
    SELECT
        name,
        arrayJoin([
            (toDateTime(since, 'UTC'), 'Empieza la campaña: ', ' · A campaign begins'),
            (toDateTime(until, 'UTC') + INTERVAL 1 DAY, 'Acaba la campaña: ', ' · A campaign ends')
        ]) AS moment
    FROM listened_current
    WHERE section = 'campaign'
)
WHERE moment.1 IS NOT NULL AND $__timeFilter(time)
ORDER BY time
LIMIT 200
