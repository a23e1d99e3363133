-- One set of rules as it was published.
SELECT sequence, version, listening, applied_by, applied_at, reason
FROM rule_versions FINAL
WHERE sequence = {number:UInt32}
ORDER BY applied_at DESC
LIMIT 1
