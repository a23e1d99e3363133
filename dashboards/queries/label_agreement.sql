-- How far people agree, question by question; of acts each is a question of its own. Two people who
-- answered the same question about the same mention, neither having seen the model's answer, are
-- one pair. Cohen's kappa is what they agree beyond what their habits alone would give: of each
-- pair the one whose name comes first is the first rater, so with more than two people it is the
-- kappa of the two seats and not of two persons.
WITH
judged AS
(
    SELECT mention_id, labeller, head, value, how, saw_model
    FROM labels_by_head
    WHERE $__timeFilter(labelled_at)
),
unswayed AS
(
    SELECT mention_id, labeller, head, value FROM judged WHERE NOT saw_model
),
pairs AS
(
    SELECT
        one.head AS head,
        count() AS n,
        countIf(one.value = other.value) AS same,
        sumMap(map(one.value, toUInt64(1))) AS first_seat,
        sumMap(map(other.value, toUInt64(1))) AS second_seat,
        arraySum(value -> first_seat[value] * second_seat[value], mapKeys(first_seat)) / (n * n) AS chance
    FROM unswayed AS one
    INNER JOIN unswayed AS other ON one.mention_id = other.mention_id AND one.head = other.head
    WHERE one.labeller < other.labeller
    GROUP BY head
)
SELECT
    j.head AS head,
    j.answers AS answers,
    j.labellers AS labellers,
    p.n AS pairs,
    if(p.n = 0, NULL, p.same / p.n) AS agreement,
    if(p.n = 0 OR p.chance = 1, NULL, (p.same / p.n - p.chance) / (1 - p.chance)) AS kappa
FROM
(
    SELECT head, count() AS answers, uniqExact(labeller) AS labellers FROM judged GROUP BY head
) AS j
LEFT JOIN pairs AS p ON p.head = j.head
ORDER BY
    indexOf(['usage_tip', 'gives_recommendation', 'asks_recommendation', 'praise', 'complaint',
        'incident', 'order_status', 'question', 'sentiment', 'needs_reply', 'stage', 'intent'], head) DESC
