-- The period: its whole hours, from `first_hour` to before `end_hour`, come from the rollups, and
-- its two edges from the mentions themselves, so a count is exact and cheap. Up to six hours
-- everything comes from the mentions, which keeps the minutes apart.
$__fromTime AS since,
$__toTime AS until,
(until - since) <= 6 * 3600 AS by_minutes,
if(by_minutes, $__interval_s, greatest($__interval_s, 3600)) AS bucket_sec,
if(by_minutes, until + 1, toStartOfHour(since + 3599, 'UTC')) AS first_hour,
if(by_minutes, until + 1, toStartOfHour(until, 'UTC')) AS end_hour,
