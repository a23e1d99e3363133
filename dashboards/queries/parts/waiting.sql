waiting AS
(
    SELECT i.due_at AS due_at
    FROM
    (
        SELECT source, mention_id, due_at
        FROM care_items
        WHERE asked_at > now64(3) - INTERVAL 14 DAY AND state = 'waiting'
            AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
            AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
            AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
            AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
    ) AS i
    LEFT JOIN care_desk AS d ON d.source = i.source AND d.mention_id = i.mention_id
    WHERE d.status IN ('', 'open')
)
