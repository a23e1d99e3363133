WITH
-- include: care
SELECT countIf(is_in_time) / nullIf(countIf(NOT is_pending), 0) AS in_time FROM items
