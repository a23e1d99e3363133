-- What was taken back or forgotten is not there to be joined. Evidence lies between the beginning of
-- what is unusual and the alert's last change, give or take a day.
WITH
shown AS
(
    SELECT alert_id, series, since, at
    FROM alerts_current
    WHERE $__timeFilter(opened_at)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND (kind != 'brand' OR '*' IN (${brand:singlequote}) OR series IN (${brand:singlequote}))
        AND (kind != 'topic' OR '*' IN (${topic:singlequote}) OR series IN (${topic:singlequote}))
    ORDER BY opened_at DESC, alert_id
    LIMIT 20
),
(SELECT min(since) - INTERVAL 1 DAY FROM shown) AS evidence_from,
(SELECT max(at) + INTERVAL 1 DAY FROM shown) AS evidence_to
SELECT time, series, author, lang, text, intent, url
FROM
(
    SELECT
        m.published_at AS time,
        a.series AS series,
        if(m.author_handle = '', m.author_name, m.author_handle) AS author,
        m.lang AS lang,
        leftUTF8(m.text, 500) AS text,
        m.intent AS intent,
        m.url AS url,
        m.mention_id AS mention_id,
        a.alert_id AS alert_id,
        e.stored_at AS found_at
    FROM shown AS a
    INNER JOIN
    (
        SELECT alert_id, mention_id, stored_at FROM alert_evidence FINAL
    ) AS e ON e.alert_id = a.alert_id
    INNER JOIN
    (
        SELECT mention_id, published_at, author_handle, author_name, lang, text, intent, url
        FROM mentions_current
        WHERE published_at >= evidence_from AND published_at <= evidence_to
            AND mention_id IN
            (
                SELECT mention_id FROM alert_evidence WHERE alert_id IN (SELECT alert_id FROM shown)
            )
    ) AS m ON m.mention_id = e.mention_id
    ORDER BY found_at DESC, mention_id
    LIMIT 5 BY alert_id
)
ORDER BY time DESC, series, mention_id
LIMIT 100
