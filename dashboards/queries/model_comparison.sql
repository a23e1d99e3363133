-- One comparison with all its figures.
SELECT id, a, b, asked_by, asked_at, ended_at, state, passed, gate, result
FROM model_comparisons FINAL
WHERE id = {id:String}
LIMIT 1
