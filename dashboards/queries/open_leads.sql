SELECT count() AS leads
FROM leads
WHERE is_open AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
