WITH
-- include: window
-- include: counted
SELECT sum(mentions) AS mentions FROM counted
