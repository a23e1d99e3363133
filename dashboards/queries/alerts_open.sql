SELECT count() AS alerts
FROM alerts_current
WHERE state IN ('open', 'growing')
    AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
    AND (kind != 'brand' OR '*' IN (${brand:singlequote}) OR series IN (${brand:singlequote}))
    AND (kind != 'topic' OR '*' IN (${topic:singlequote}) OR series IN (${topic:singlequote}))
