WITH
-- include: waiting
SELECT count() AS overdue FROM waiting WHERE due_at < now64(3)
