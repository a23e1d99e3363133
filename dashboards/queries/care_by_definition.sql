WITH
-- include: care
SELECT
    arrayJoin(arrayFilter(d -> d != '', [
        'either', if(needs_reply, 'needs_reply', ''), if(addressed, 'addressed', '')
    ])) AS definition,
    count() AS asked,
    countIf(first_reply_at IS NOT NULL) / asked AS answered,
    countIf(is_in_time) / nullIf(countIf(NOT is_pending), 0) AS in_time,
    countIf(resolved_at IS NOT NULL) / asked AS resolved,
    countIf(reopened_at IS NOT NULL) / asked AS reopened
FROM items
GROUP BY definition
ORDER BY definition = 'either' DESC, definition
