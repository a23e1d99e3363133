WITH
-- include: care
SELECT quantileExactInclusiveOrNull(0.9)(dateDiff('second', asked_at, first_reply_at)) AS p90_sec
FROM items
WHERE first_reply_at IS NOT NULL
