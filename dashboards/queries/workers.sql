-- What it says of itself, once a minute, and what it planned in the last hour.
SELECT
    worker,
    greatest(said.seen_at, did.planned_at) AS seen_at,
    did.records AS records,
    if(said.model_version = '', did.model_version, said.model_version) AS model,
    said.shadow_version AS shadow,
    did.rules_version AS rules,
    said.trouble AS trouble
FROM
(
    SELECT worker, seen_at, toString(model_version) AS model_version,
        toString(shadow_version) AS shadow_version, trouble
    FROM worker_models FINAL
    WHERE seen_at > now64(3) - INTERVAL 1 DAY
) AS said
FULL JOIN
(
    SELECT
        worker,
        max(l.planned_at) AS planned_at,
        sumIf(l.records, l.planned_at > now64(3) - INTERVAL 1 HOUR) AS records,
        argMax(toString(l.model_version), l.planned_at) AS model_version,
        argMax(toString(l.rules_version), l.planned_at) AS rules_version
    FROM ledger AS l
    WHERE l.planned_at > now64(3) - INTERVAL 1 DAY
    GROUP BY worker
) AS did USING worker
ORDER BY trouble != '' DESC, seen_at DESC, worker
LIMIT 100
