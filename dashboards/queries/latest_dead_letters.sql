SELECT
    seen_at AS time,
    stage,
    reason,
    topic,
    kafka_partition AS partition,
    kafka_offset AS offset,
    ifNull(leftUTF8(toValidUTF8(dead_letters.value), 200), '') AS value,
    (topic_id, kafka_partition, kafka_offset) IN
        (SELECT topic_id, kafka_partition, kafka_offset FROM dead_letter_replays) AS replayed
FROM dead_letters
WHERE $__timeFilter(seen_at)
ORDER BY seen_at DESC, kafka_offset DESC
LIMIT 1 BY topic_id, kafka_partition, kafka_offset
LIMIT 50
