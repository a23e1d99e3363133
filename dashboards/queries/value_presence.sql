-- The months of the period together.
SELECT
    source AS network,
    site AS place,
    sum(said) AS spoken,
    sum(answers) AS answered,
    sum(broadcasts) AS published,
    spoken / greatest(sum(spoken) OVER (), 1) AS spoken_share,
    answered / greatest(sum(answered) OVER (), 1) AS answered_share
FROM brand_presence
WHERE month >= toStartOfMonth(toDateTime($__fromTime), 'UTC') AND month <= toDateTime($__toTime)
GROUP BY network, place
ORDER BY spoken DESC, network, place
LIMIT 50
