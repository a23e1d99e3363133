-- Who put which rules in force when and why, newest first; number 0 are what a release brings.
SELECT sequence, version, applied_by, applied_at, reason
FROM rule_versions FINAL
WHERE sequence > 0
ORDER BY sequence DESC, applied_at
LIMIT {limit:UInt32}
