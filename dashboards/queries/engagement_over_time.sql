WITH
-- include: engaged_chosen
SELECT
    toDateTime(week, 'UTC') AS time,
    sum(chosen.deep) / nullIf(sum(conversations), 0) AS deep,
    sum(returning_authors) / nullIf(sum(authors), 0) AS returning,
    sum(mutual_pairs) / nullIf(sum(pairs), 0) AS reciprocity
FROM chosen
GROUP BY time
ORDER BY time
