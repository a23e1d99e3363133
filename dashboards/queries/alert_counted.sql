-- What was counted and what is usual around these alerts, by 20 minutes.
SELECT
    alert_id,
    arraySort(groupArray((toUnixTimestamp(at), observed, round(expected, 3)))) AS counted
FROM alert_counts FINAL
WHERE alert_id IN {ids:Array(String)}
GROUP BY alert_id
