-- Labels of all heads, and how each came about. `thumb` is part of the key: a thumb up or down in
-- passing must not wipe out what the same person judged with care, nor the other way round. A label
-- that judges nothing takes an earlier one back.
ALTER TABLE labels
    ADD COLUMN IF NOT EXISTS sentiment LowCardinality(String) AFTER needs_reply,
    ADD COLUMN IF NOT EXISTS acts Array(LowCardinality(String)) AFTER sentiment,
    ADD COLUMN IF NOT EXISTS acts_judged UInt8 AFTER acts,
    ADD COLUMN IF NOT EXISTS how LowCardinality(String) AFTER acts_judged,
    ADD COLUMN IF NOT EXISTS saw_model UInt8 AFTER how,
    ADD COLUMN IF NOT EXISTS thumb UInt8,
    MODIFY ORDER BY (mention_id, labeller, thumb);

-- Labels in force: the newest of each person on each mention, without those taken back.
CREATE VIEW IF NOT EXISTS labels_current AS
SELECT *
FROM labels FINAL
WHERE intent != '' OR stage != '' OR needs_reply != '' OR sentiment != '' OR acts_judged;

-- The same, one row for each question that was answered; of acts each is a question of its own.
CREATE VIEW IF NOT EXISTS labels_by_head AS
SELECT
    mention_id,
    labeller,
    labelled_at,
    how,
    saw_model,
    answer.1 AS head,
    answer.2 AS value
FROM
(
    SELECT
        mention_id,
        labeller,
        labelled_at,
        how,
        saw_model,
        arrayJoin(arrayConcat(
            [
                ('intent', toString(intent)),
                ('stage', toString(stage)),
                ('needs_reply', toString(needs_reply)),
                ('sentiment', toString(sentiment))
            ],
            arrayMap(
                act -> (act, if(acts_judged, if(has(acts, act), 'yes', 'no'), '')),
                [
                    'question', 'order_status', 'incident', 'complaint', 'praise',
                    'asks_recommendation', 'gives_recommendation', 'usage_tip'
                ]
            )
        )) AS answer
    FROM labels_current
)
WHERE value != '';
