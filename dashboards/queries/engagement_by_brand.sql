-- People are counted once in each week.
WITH
-- include: engagement
SELECT
    brand,
    sum(e.conversations) AS conversations,
    sum(depth) / nullIf(sum(e.conversations), 0) AS mean_depth,
    sum(deep) / nullIf(sum(e.conversations), 0) AS deep_share,
    sum(e.authors) AS authors,
    sum(returning_authors) / nullIf(sum(e.authors), 0) AS returning_share,
    sum(e.pairs) AS pairs,
    sum(mutual_pairs) / nullIf(sum(e.pairs), 0) AS reciprocity
FROM engaged AS e
WHERE brand != '' AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
GROUP BY brand
ORDER BY authors DESC, brand
LIMIT 30
