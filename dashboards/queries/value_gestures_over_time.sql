-- The balance of all gestures so far, in the currency that most of them have unless one is chosen.
WITH
    chosen AS
    (
        SELECT currency
        FROM gestures_valued
        WHERE '*' IN (${currency:singlequote}) OR currency IN (${currency:singlequote})
        GROUP BY currency
        ORDER BY count() DESC, currency
        LIMIT 1
    ),
    by_day AS
    (
        SELECT
            toStartOfDay(at, 'UTC') AS day,
            sum(amount) AS high,
            sum(if(how = 'reacted', toDecimal128(0, 4), amount)) AS middle,
            sum(if(how != '' AND NOT is_sure, toDecimal128(0, 4), amount)) AS low
        FROM gesture_ledger
        WHERE currency IN (SELECT currency FROM chosen)
        GROUP BY day
    ),
    so_far AS
    (
        SELECT
            day AS time,
            toFloat64(sum(middle) OVER (ORDER BY day)) AS net,
            toFloat64(sum(low) OVER (ORDER BY day)) AS net_low,
            toFloat64(sum(high) OVER (ORDER BY day)) AS net_high
        FROM by_day
    )
SELECT time, net, net_low, net_high FROM so_far WHERE $__timeFilter(time) ORDER BY time
