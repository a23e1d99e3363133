-- What people decided about a lead, oldest first.
SELECT version, kind, value, made_by, made_at
FROM lead_events
WHERE source = {source:String} AND author_id = {subject:String}
ORDER BY version, made_at, event_id
LIMIT 1 BY version
LIMIT 500
