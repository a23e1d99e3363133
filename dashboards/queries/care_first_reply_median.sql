WITH
-- include: care
SELECT quantileExactInclusiveOrNull(0.5)(dateDiff('second', asked_at, first_reply_at)) AS median_sec
FROM items
WHERE first_reply_at IS NOT NULL
