-- A letter that was stored twice is one letter; one that was replayed waits no more.
SELECT uniqExact(topic_id, kafka_partition, kafka_offset) AS waiting
FROM dead_letters
WHERE $__timeFilter(seen_at)
    AND (topic_id, kafka_partition, kafka_offset) NOT IN
        (SELECT topic_id, kafka_partition, kafka_offset FROM dead_letter_replays)
