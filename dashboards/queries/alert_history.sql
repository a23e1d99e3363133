-- Every change of an alert, oldest first.
SELECT change, event, state, at, observed, severity, notice, by, note, snoozed_until
FROM alerts FINAL
WHERE alert_id = {id:String}
ORDER BY change
LIMIT 500
