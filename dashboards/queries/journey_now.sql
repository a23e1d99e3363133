WITH last AS
(
    SELECT toString(step) AS step, authors, stalled AS stopped
    FROM journey_places
    WHERE '*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote})
)
SELECT step, sum(authors - stopped) AS moving, sum(stopped) AS stalled
FROM last
GROUP BY step
ORDER BY indexOf(
    ['awareness', 'consideration', 'decision', 'purchase', 'use', 'advocacy'], step
)
