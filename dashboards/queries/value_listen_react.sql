SELECT sum(answers) / sum(broadcasts) AS balance
FROM brand_presence
WHERE month >= toStartOfMonth(toDateTime($__fromTime), 'UTC') AND month <= toDateTime($__toTime)
HAVING sum(broadcasts) > 0
