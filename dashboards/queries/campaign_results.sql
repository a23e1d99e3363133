-- Campaigns that have days in the period, each as a whole; the newest first.
SELECT
    campaign, toString(c.since) AS since, toString(c.until) AS until, said, published, intent_share, usual_intent_share, liked, usually_liked,
    recommending_share, usual_recommending_share
FROM campaigns_measured AS c
WHERE c.since <= toDate($__toTime) AND c.until >= toDate($__fromTime)
ORDER BY c.since DESC, campaign
LIMIT 50
