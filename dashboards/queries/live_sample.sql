-- The mentions of a sample of what certain inserts brought.
SELECT
-- include: shown
FROM mentions
WHERE stored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND (kafka_partition, toUnixTimestamp64Milli(stored_at)) IN ({arrivals:Array(Tuple(UInt32, Int64))})
    AND mention_id IN ({ids:Array(String)})
    AND counted
    AND NOT is_deleted
