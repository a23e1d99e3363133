-- What a filter lets through of the newest mentions, for who has just come. The first look reads
-- backwards and stops, without FINAL, which would merge the whole period; the second one takes the
-- newest versions of what it found, by their places in the table.
SELECT
-- include: shown
FROM mentions FINAL
WHERE (toStartOfMinute(published_at), mention_id) IN
(
    SELECT minute, mention_id
    FROM
    (
        SELECT toStartOfMinute(published_at) AS minute, mention_id
        FROM mentions
        WHERE published_at > now() - INTERVAL 30 DAY AND published_at <= now() + INTERVAL 1 HOUR
-- include: wanted
        ORDER BY toStartOfMinute(published_at) DESC, published_at DESC, mention_id, version DESC
        LIMIT 1 BY mention_id
        LIMIT 100
    )
)
    AND NOT is_deleted
-- include: wanted
ORDER BY published_at DESC, mention_id DESC
LIMIT 50
SETTINGS max_block_size = 1024
