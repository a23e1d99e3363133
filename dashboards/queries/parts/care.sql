-- What needed a reply in the period, by what became of it.
items AS
(
    SELECT
        *,
        within_target AS is_in_time,
        NOT within_target AND stopped_at IS NOT NULL AS is_late,
        stopped_at IS NULL AS is_unanswered,
        stopped_at IS NULL AND due_at >= now64(3) AS is_pending -- nobody has missed it yet
    FROM care_items
    WHERE $__timeFilter(asked_at)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
        AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
)
