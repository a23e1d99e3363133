-- With brands chosen, the first contact is the one with any of them; else with any of ours.
SELECT
    if(
        count() = 0,
        NULL,
        countIf(if(
            '*' IN (${brand:singlequote}),
            is_proactive,
            NOT hasAny(contacted, [${brand:singlequote}])
        )) / count()
    ) AS share
FROM intent_signals
WHERE $__timeFilter(at)
    AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
    AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
