-- The plans of the newest incarnation of each topic, each with what is wrong with it: `gap` is
-- how many offsets lie between it and the plan before it (or are claimed by both), `lost` how
-- many of its records no column accounts for. Both are 0 in a sound ledger.
newest AS
(
    SELECT argMax(topic_id, planned_at) AS topic_id
    FROM ledger
    GROUP BY topic
),
chain AS
(
    SELECT
        *,
        lagInFrame(toNullable(last_offset)) OVER (
            PARTITION BY topic_id, kafka_partition
            ORDER BY position, last_offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS offset_before,
        abs(toInt64(position) - toInt64(ifNull(offset_before + 1, position))) AS gap,
        abs(
            toInt64(records)
            - (mentions + edits + interactions + deletions + heartbeats + orders + gestures + labels)
            - (duplicates + dead_letters + filtered)
        ) AS lost
    FROM ledger
    WHERE topic_id IN (SELECT topic_id FROM newest)
)
