SELECT
    if(author_handle = '', author_id, author_handle) AS person,
    toString(lead_kind) AS kind,
    strength,
    arrayStringConcat(arrayConcat(brands, topics), ', ') AS about,
    last_at,
    owner
FROM leads_top
WHERE ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
    AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
ORDER BY strength DESC, last_at DESC, source, author_id
LIMIT 50
