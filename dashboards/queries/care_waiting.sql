SELECT count() AS waiting FROM care_queue WHERE status = 'open'
