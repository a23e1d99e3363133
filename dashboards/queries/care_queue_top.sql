SELECT
    due_at,
    asked_at,
    if(author_handle = '', author_id, author_handle) AS author,
    account,
    toString(sentiment) AS sentiment,
    arrayStringConcat(arrayConcat(brands, topics), ', ') AS about,
    toString(lang) AS lang,
    owner
FROM care_queue_top
WHERE ('*' IN (${lang:singlequote}) OR care_queue_top.lang IN (${lang:singlequote}))
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
    AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
ORDER BY due_at, source, mention_id
LIMIT 50
