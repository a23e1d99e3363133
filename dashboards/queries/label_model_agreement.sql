-- How good the model's yes or no on intent is, in each language, on the random draw alone and by
-- people who had not seen its answer. A mention that several judged counts once, as most of them
-- said; where there is no most, not at all. The bounds are Wilson's, at 95 %.
WITH
(hits, tries) -> if(tries = 0, NULL, (hits + 1.92) / (tries + 3.84)) AS middle,
(hits, tries) -> if(
    tries = 0, NULL, 1.96 * sqrt(hits * (tries - hits) / tries + 0.96) / (tries + 3.84)
) AS reach,
votes AS
(
    SELECT mention_id, value != 'none' AS says_yes, count() AS votes
    FROM labels_by_head
    WHERE head = 'intent' AND how = 'random' AND NOT saw_model AND $__timeFilter(labelled_at)
    GROUP BY mention_id, says_yes
),
settled AS
(
    SELECT mention_id, argMax(says_yes, votes) AS is_yes
    FROM votes
    GROUP BY mention_id
    HAVING count() = 1 OR max(votes) > min(votes)
),
compared AS
(
    SELECT m.lang AS lang, s.is_yes AS is_yes, m.intent != 'none' AS model_says_yes
    FROM settled AS s
    INNER JOIN
    (
        SELECT mention_id, lang, intent
        FROM labelled_mentions
        WHERE mention_id IN (SELECT mention_id FROM settled)
        UNION ALL
        -- Labelled since that was kept.
        SELECT mention_id, lang, intent
        FROM mentions FINAL
        WHERE mention_id IN
        (
            SELECT mention_id
            FROM settled
            WHERE mention_id NOT IN (SELECT mention_id FROM labelled_mentions)
        )
    ) AS m ON m.mention_id = s.mention_id
)
SELECT
    lang,
    count() AS mentions,
    countIf(is_yes) AS people_yes,
    countIf(model_says_yes) AS model_yes,
    countIf(is_yes AND model_says_yes) AS both_yes,
    both_yes / nullIf(model_yes, 0) AS precision,
    greatest(0, middle(both_yes, model_yes) - reach(both_yes, model_yes)) AS precision_from,
    least(1, middle(both_yes, model_yes) + reach(both_yes, model_yes)) AS precision_to,
    both_yes / nullIf(people_yes, 0) AS recall,
    greatest(0, middle(both_yes, people_yes) - reach(both_yes, people_yes)) AS recall_from,
    least(1, middle(both_yes, people_yes) + reach(both_yes, people_yes)) AS recall_to
FROM compared
GROUP BY lang
ORDER BY mentions DESC, lang
