-- Turns of those who forget and rewrite stand in the same table; they are no jobs.
SELECT job, max(noted_at) AS ended_at, dateDiff('second', ended_at, now64(3)) AS age
FROM
(
    SELECT toString(job) AS job, noted_at FROM upkeep_marks WHERE NOT startsWith(job, 'turn of ')
    UNION ALL
    SELECT 'value run' AS job, finished_at FROM value_runs
)
GROUP BY job
ORDER BY age DESC, job
LIMIT 50
