-- Leads as the view `leads` has them, counted from the kept signals of intent: people with evidence
-- of the last 30 days that is newer than their last order and than whoever closed the lead last.
SELECT count() AS leads
FROM
(
    SELECT source, author_id, max(at) AS last_at
    FROM intent_signals
    WHERE at > now64(3) - INTERVAL 30 DAY AND at <= now64(3) + INTERVAL 1 HOUR
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
        AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
    GROUP BY source, author_id
) AS e
LEFT JOIN
(
    SELECT author_id, max(ordered_at) AS last_order_at
    FROM orders
    WHERE ordered_at > now64(3) - INTERVAL 30 DAY
    GROUP BY author_id
) AS o ON o.author_id = e.author_id
LEFT JOIN
(
    SELECT source, author_id, status_at FROM lead_desk WHERE status IN ('won', 'lost', 'dismissed')
) AS d ON d.source = e.source AND d.author_id = e.author_id
WHERE e.last_at > o.last_order_at AND e.last_at > d.status_at
