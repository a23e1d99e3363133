-- Comparisons that have ended, the newest first; the figures of one are asked for alone.
SELECT id, a, b, asked_by, asked_at, ended_at, state, passed, gate
FROM model_comparisons FINAL
WHERE {id:String} = '' OR id = {id:String}
ORDER BY asked_at DESC, id
LIMIT 30
