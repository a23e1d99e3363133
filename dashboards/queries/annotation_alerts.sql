-- Moments when purchase intent was seen to emerge: the strongest of the period, so that they can be
-- told apart.
SELECT time, text
FROM
(
    SELECT
        opened_at AS time,
        concat(series, ' (', lang, '): ', toString(observed), ' / ', toString(round(expected, 1)))
            AS text
    FROM alerts_current
    WHERE $__timeFilter(opened_at)
    ORDER BY severity DESC, opened_at DESC, alert_id
    LIMIT 50
)
ORDER BY time, text
