WITH
-- include: chain
SELECT sum(gap + lost) AS gap FROM chain
