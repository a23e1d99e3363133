WITH
-- include: engaged_chosen
SELECT sum(depth) / nullIf(sum(conversations), 0) AS depth FROM chosen
