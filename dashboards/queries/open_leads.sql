-- Leads as the view `leads` has them, counted from the kept signals of intent: people with evidence
-- of the last 30 days that is newer than their last order and than whoever closed the lead last.
-- People are told apart by hashes of 64 bits, which takes a third of the time; that two of a million
-- share one has a chance of 3 in 100 million.
SELECT count() AS leads
FROM
(
    SELECT
        cityHash64(source, author_id) AS person,
        any(cityHash64(author_id)) AS author,
        max(at) AS last_at
    FROM intent_signals
    WHERE at > now64(3) - INTERVAL 30 DAY AND at <= now64(3) + INTERVAL 1 HOUR
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
        AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
    GROUP BY person
) AS e
LEFT JOIN
(
    SELECT author, max(ordered_at) AS last_order_at
    FROM
    (
        SELECT cityHash64(author_id) AS author, ordered_at
        FROM orders
        WHERE ordered_at > now64(3) - INTERVAL 30 DAY AND amount >= 0
        UNION ALL
        SELECT cityHash64(other.author_id), o.ordered_at
        FROM
        (
            SELECT author_id, ordered_at
            FROM orders
            WHERE author_id IN (SELECT author_id FROM linked_accounts)
                AND ordered_at > now64(3) - INTERVAL 30 DAY AND amount >= 0
        ) AS o
        INNER JOIN linked_accounts AS one ON one.author_id = o.author_id
        INNER JOIN linked_accounts AS other ON other.person = one.person
    )
    GROUP BY author
) AS o ON o.author = e.author
LEFT JOIN
(
    SELECT cityHash64(source, author_id) AS person, status_at
    FROM lead_desk
    WHERE status IN ('won', 'lost', 'dismissed')
) AS d ON d.person = e.person
WHERE e.last_at > o.last_order_at AND e.last_at > d.status_at
