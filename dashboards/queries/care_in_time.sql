WITH
-- include: care
SELECT if(count() = 0, NULL, countIf(is_in_time) / count()) AS in_time FROM items
