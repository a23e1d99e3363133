SELECT uniqExact(topic_id, kafka_partition, kafka_offset) AS waiting
FROM dead_letters
WHERE (topic_id, kafka_partition, kafka_offset) NOT IN
    (SELECT topic_id, kafka_partition, kafka_offset FROM dead_letter_replays)
