-- Attributes of the period and of campaigns, each with the newest mention that says it.
WITH
    shown AS
    (
        SELECT *
        FROM attribute_coherence
        WHERE campaign != ''
            OR (
                period >= toStartOfMonth(toDateTime($__fromTime), 'UTC')
                AND period <= toDateTime($__toTime)
            )
        ORDER BY campaign = '', campaign, period DESC, people_mentions DESC, attribute
        LIMIT 50
    )
SELECT
    if(s.campaign = '', formatDateTime(s.period, '%Y-%m'), s.campaign) AS what,
    s.attribute AS attribute,
    s.people_mentions AS people_mentions,
    s.people_positive AS people_positive,
    s.people_negative AS people_negative,
    s.brand_mentions AS brand_mentions,
    leftUTF8(e.text, 200) AS example
FROM shown AS s
LEFT JOIN
(
    SELECT mention_id, text
    FROM mentions FINAL
    WHERE toStartOfMinute(published_at) IN
        (
            SELECT toStartOfMinute(at)
            FROM value_examples
            WHERE run = (SELECT max(run) FROM value_runs)
                AND mention_id IN (SELECT people_examples[1] FROM shown)
        )
        AND mention_id IN (SELECT people_examples[1] FROM shown WHERE people_examples[1] != '')
) AS e ON e.mention_id = s.people_examples[1]
ORDER BY s.campaign = '', s.campaign, s.period DESC, s.people_mentions DESC, attribute
