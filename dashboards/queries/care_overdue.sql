SELECT count() AS overdue FROM care_queue WHERE status = 'open' AND is_overdue
