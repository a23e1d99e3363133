-- What people decided about an item of care, oldest first.
SELECT version, kind, value, made_by, made_at
FROM care_events
WHERE source = {source:String} AND mention_id = {subject:String}
ORDER BY version, made_at, event_id
LIMIT 1 BY version
LIMIT 500
