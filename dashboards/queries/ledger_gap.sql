WITH
-- include: chain
SELECT if(count() = 0, NULL, sum(gap + lost)) AS gap FROM chain
