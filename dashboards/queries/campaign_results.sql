-- Campaigns that have days in the period, each as a whole; the newest first.
SELECT
    campaign, since, until, said, published, intent_share, usual_intent_share, liked, usually_liked,
    recommending_share, usual_recommending_share
FROM campaigns_measured
WHERE since <= toDate($__toTime) AND until >= toDate($__fromTime)
ORDER BY since DESC, campaign
LIMIT 50
