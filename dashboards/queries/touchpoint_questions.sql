WITH asked AS
(
    SELECT
        stage,
        asked_about,
        sum(questions) AS questions,
        sum(answered) AS answered,
        max((newest_at, newest_id)) AS newest
    FROM touchpoint_questions
    WHERE $__dateFilter(day)
        AND ('*' IN (${brand:singlequote}) OR brand IN (${brand:singlequote}))
        AND ('*' IN (${topic:singlequote}) OR asked_about IN (${topic:singlequote}))
    GROUP BY stage, asked_about
    ORDER BY questions DESC, stage, asked_about
    LIMIT 30
)
SELECT
    a.stage AS stage,
    if(a.asked_about = '', '–', a.asked_about) AS asked_about,
    a.questions AS questions,
    a.answered / a.questions AS answered,
    m.text AS newest
FROM asked AS a
LEFT JOIN
(
    SELECT mention_id, text
    FROM mentions FINAL
    WHERE toStartOfMinute(published_at) IN (SELECT toStartOfMinute(newest.1) FROM asked)
        AND mention_id IN (SELECT newest.2 FROM asked)
) AS m ON m.mention_id = a.newest.2
ORDER BY questions DESC, stage, asked_about
