WITH
-- include: engaged_chosen
SELECT sum(returning_authors) / nullIf(sum(authors), 0) AS returning FROM chosen
