-- The balance of all gestures so far, in the currency that most of them have unless one is chosen.
WITH
    chosen AS
    (
        SELECT currency
        FROM gesture_days
        WHERE '*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote})
        GROUP BY currency
        ORDER BY sum(gestures) DESC, currency
        LIMIT 1
    ),
    so_far AS
    (
        SELECT
            toDateTime(day, 'UTC') AS time,
            toFloat64(sum(d.net) OVER (ORDER BY day)) AS net,
            toFloat64(sum(d.net_low) OVER (ORDER BY day)) AS net_low,
            toFloat64(sum(d.net_high) OVER (ORDER BY day)) AS net_high
        FROM gesture_days AS d
        WHERE currency IN (SELECT currency FROM chosen)
    )
SELECT time, net, net_low, net_high FROM so_far WHERE $__timeFilter(time) ORDER BY time
