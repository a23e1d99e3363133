-- What waits of the last 14 days, as it was kept; what people decided about it since then counts.
WITH
-- include: waiting
SELECT count() AS waiting FROM waiting
