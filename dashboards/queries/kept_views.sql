-- Each by the table it keeps; what failed comes first.
SELECT
    left(view, length(view) - length('_view')) AS kept,
    toString(r.status) AS status,
    last_success_time AS succeeded_at,
    dateDiff('second', last_success_time, now()) AS age,
    last_success_duration_ms / 1000 AS took,
    t.rows AS rows,
    leftUTF8(r.exception, 200) AS trouble
FROM system.view_refreshes AS r
LEFT JOIN
(
    SELECT table, sum(p.rows) AS rows
    FROM system.parts AS p
    WHERE database = currentDatabase() AND active
    GROUP BY table
) AS t ON t.table = left(r.view, length(r.view) - length('_view'))
WHERE r.database = currentDatabase()
ORDER BY trouble != '' DESC, age DESC, kept
LIMIT 100
