WITH
-- include: engaged_chosen
SELECT sum(mutual_pairs) / nullIf(sum(pairs), 0) AS reciprocity FROM chosen
