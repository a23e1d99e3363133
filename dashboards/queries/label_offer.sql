-- What a person should judge next, in one reading of the period: {per_reason:UInt16} mentions for
-- each reason to ask.
--
-- random        a fifth of all mentions, told by a hash of their id, is kept for the draw and taken
--               in the order of another hash. Nothing the model says plays a part, and no mention
--               of that fifth is ever offered for another reason, so the labels of this share speak
--               for all mentions. All people are drawn the same ones, so their labels can be compared.
-- disagreement  answers of the model contradict one another; the surer it is, the sooner
-- uncertain     the chance of intent lies closest to where the model changes its answer. That
--               threshold is read off the stored rows: between the surest "none" and the least
--               sure intent of the model and language.
--
-- Of a busy period only a slice is looked at, told by a third hash, so that the answer comes soon.
WITH
(
    SELECT toUInt64(greatest(1, ceil(sum(mentions) / 200000)))
    FROM mentions_by_hour
    WHERE hour >= now() - toIntervalDay({days:UInt16})
) AS slices,
thresholds AS
(
    SELECT
        model_version,
        lang,
        ifNotFinite(
            (
                quantileIf(0.99)(intent_latent + intent_active, intent = 'none')
                + quantileIf(0.01)(intent_latent + intent_active, intent != 'none')
            ) / 2,
            0.5
        ) AS threshold
    FROM mentions
    PREWHERE sipHash64('slice', mention_id) % slices = 0
    WHERE published_at BETWEEN now64(3) - toIntervalDay({days:UInt16}) AND now64(3)
    GROUP BY model_version, lang
),
ready AS
(
    SELECT
        mention_id,
        published_at,
        fingerprint,
        stage_probability,
        intent_latent + intent_active AS chance,
        intent != 'none' AS has_intent,
        arrayFilter(code -> code != '', [
            if(has_intent AND stage NOT IN ('consideration', 'decision'), 'intent_without_stage', ''),
            if(NOT has_intent AND stage = 'consideration', 'stage_without_intent', ''),
            if(has(acts, 'question') AND NOT needs_reply, 'question_without_reply', ''),
            if(needs_reply AND sentiment != '' AND NOT hasAny(acts, ['question', 'order_status',
                'incident', 'complaint', 'asks_recommendation']), 'reply_without_act', ''),
            if(has(acts, 'complaint') AND sentiment = 'positive', 'pleased_complaint', ''),
            if(has(acts, 'praise') AND NOT has(acts, 'complaint') AND sentiment = 'negative',
                'displeased_praise', '')
        ]) AS conflicts,
        model_version,
        lang
    FROM mentions FINAL
    PREWHERE sipHash64('slice', mention_id) % slices = 0
    WHERE published_at BETWEEN now64(3) - toIntervalDay({days:UInt16}) AND now64(3)
        AND has({langs:Array(String)}, lang)
        AND mention_id NOT IN (SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id)
),
placed AS
(
    SELECT
        mention_id,
        toStartOfMinute(published_at) AS minute,
        conflicts,
        threshold,
        multiIf(
            sipHash64('draw', mention_id) % 5 = 0, 'random',
            notEmpty(conflicts), 'disagreement',
            'uncertain'
        ) AS how,
        multiIf(
            how = 'random', sipHash64('order', mention_id) / exp2(64),
            how = 'disagreement', -stage_probability - length(conflicts),
            abs(chance - threshold)
        ) AS place
    FROM ready
    LEFT JOIN thresholds USING model_version, lang
    WHERE NOT has({seen:Array(String)}, mention_id)
        AND mention_id NOT IN
        (
            SELECT mention_id FROM labels_current WHERE labeller = {labeller:String} AND NOT thumb
        )
    ORDER BY place, mention_id
    LIMIT 1 BY how = 'random', if(fingerprint = 0, sipHash64(mention_id), fingerprint)
),
offered AS
(
    SELECT * FROM placed ORDER BY place, mention_id LIMIT {per_reason:UInt16} BY how
),
-- A scalar, so that all of the above runs once though it is used twice.
(
    SELECT groupArray((minute, mention_id, how, conflicts, threshold, place)) FROM offered
) AS picked
SELECT
    m.mention_id AS mention_id,
    o.how AS how,
    o.conflicts AS conflicts,
    o.threshold AS threshold,
    m.published_at AS published_at,
    m.source AS source,
    m.lang AS lang,
    m.text AS text,
    m.parent_text AS parent_text,
    m.url AS url,
    m.brands AS brands,
    m.intent AS intent,
    m.intent_latent AS intent_latent,
    m.intent_active AS intent_active,
    m.stage AS stage,
    m.stage_probability AS stage_probability,
    m.needs_reply AS needs_reply,
    m.sentiment AS sentiment,
    m.acts AS acts,
    m.model_version AS model_version
FROM
(
    SELECT *
    FROM mentions FINAL
    WHERE (toStartOfMinute(published_at), mention_id) IN
    (
        SELECT arrayJoin(arrayMap(one -> (one.1, one.2), picked))
    )
) AS m
INNER JOIN
(
    SELECT
        arrayJoin(picked) AS one,
        one.2 AS mention_id,
        one.3 AS how,
        one.4 AS conflicts,
        one.5 AS threshold,
        one.6 AS place
) AS o ON o.mention_id = m.mention_id
WHERE notEmpty(trimBoth(m.text))
ORDER BY o.place, mention_id
