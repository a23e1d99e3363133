-- The mentions that show these alerts, of each the five that were found last. What was taken back or
-- forgotten is not there to be joined.
SELECT * EXCEPT (found_at)
FROM
(
    SELECT
        e.alert_id AS alert_id, m.mention_id AS mention_id, m.text AS text, m.lang AS lang,
        m.url AS url, m.author_handle AS author_handle, m.source AS source,
        m.published_at AS published_at, m.intent AS intent, m.intent_words AS intent_words,
        m.parent_text AS parent_text, e.stored_at AS found_at
    FROM
    (
        SELECT alert_id, mention_id, stored_at
        FROM alert_evidence FINAL
        WHERE alert_id IN {ids:Array(String)}
    ) AS e
    INNER JOIN
    (
        SELECT
            mention_id, text, lang, url, author_handle, source, published_at, intent, intent_words,
            parent_text
        FROM mentions FINAL
        WHERE published_at BETWEEN fromUnixTimestamp64Milli({since:Int64} - 60000)
                AND fromUnixTimestamp64Milli({until:Int64} + 60000)
            AND NOT is_deleted
            AND mention_id IN
            (SELECT mention_id FROM alert_evidence WHERE alert_id IN {ids:Array(String)})
    ) AS m ON m.mention_id = e.mention_id
    ORDER BY found_at DESC, mention_id
    LIMIT 5 BY alert_id
)
ORDER BY alert_id, published_at, mention_id
