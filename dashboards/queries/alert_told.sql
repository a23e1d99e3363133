-- Who was to be told of these alerts: each notice on each channel that had asked for it by then.
SELECT
    n.alert_id AS alert_id, n.change AS change, n.event AS event, n.at AS at, c.channel AS channel,
    d.delivered_at AS delivered_at, f.attempts AS attempts, f.reason AS reason,
    f.tried_at AS tried_at, f.passed_at AS passed_at
FROM
(
    SELECT alert_id, change, event, at, stored_at
    FROM alerts FINAL
    WHERE alert_id IN {ids:Array(String)} AND notice
) AS n
CROSS JOIN
(
    SELECT channel, min(delivered_at) AS asked_at
    FROM alert_deliveries
    WHERE alert_id = ''
    GROUP BY channel
) AS c
LEFT JOIN
(
    SELECT channel, alert_id, change, toNullable(min(delivered_at)) AS delivered_at
    FROM alert_deliveries
    WHERE alert_id IN {ids:Array(String)}
    GROUP BY channel, alert_id, change
) AS d ON d.channel = c.channel AND d.alert_id = n.alert_id AND d.change = n.change
LEFT JOIN
(
    SELECT
        channel, alert_id, change, attempts, reason, toNullable(tried_at) AS tried_at, passed_at
    FROM alert_faults FINAL
    WHERE alert_id IN {ids:Array(String)}
) AS f ON f.channel = c.channel AND f.alert_id = n.alert_id AND f.change = n.change
WHERE n.stored_at >= c.asked_at
ORDER BY n.alert_id, n.change, c.channel
LIMIT 2000
