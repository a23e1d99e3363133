-- The whole hours of the period that heard_by_hour knows; without any, they end where they begin.
(SELECT as_of FROM heard_by_hour LIMIT 1) AS hours_as_of,
(SELECT counted_from FROM heard_by_hour LIMIT 1) AS hours_since,
if(
    by_hours AND hours_as_of > toDateTime64(0, 3),
    greatest(toStartOfHour(since - 1) + INTERVAL 1 HOUR, hours_since),
    until
) AS hours_from,
if(
    by_hours AND hours_as_of > toDateTime64(0, 3),
    greatest(least(toStartOfHour(until), toStartOfHour(toDateTime(hours_as_of))), hours_from),
    until
) AS hours_to
