WITH
-- include: chain
SELECT
    topic,
    kafka_partition AS partition,
    min(position) AS from_offset,
    max(last_offset) AS to_offset,
    count() AS batches,
    sum(chain.records) AS records,
    sum(
        chain.mentions + chain.edits + chain.interactions + chain.deletions + chain.heartbeats
            + chain.orders + chain.gestures + chain.labels
    ) AS stored,
    sum(chain.duplicates) AS duplicates,
    sum(chain.dead_letters) AS dead_letters,
    sum(chain.filtered) AS filtered,
    sum(gap + lost) AS gaps
FROM chain
GROUP BY topic, partition
ORDER BY topic, partition
LIMIT 500
