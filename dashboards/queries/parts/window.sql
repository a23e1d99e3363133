-- The period, and the width of its columns: up to six hours minutes stay apart, else hours.
$__fromTime AS since,
$__toTime AS until,
(until - since) <= 6 * 3600 AS by_minutes,
if(by_minutes, $__interval_s, greatest($__interval_s, 3600)) AS bucket_sec,
