-- Leads and journeys: who would buy, since when we could have known, when they first had to do with
-- the brand, and where they are on their way. Computed from stored rows like everything else.

-- Every contact with a listened brand: words that name it, answers to its accounts, reactions. All
-- of them are reactive signals (likes and follows are decisions already taken; Elósegui, "Los tres
-- pilares"), since the brand was there before. Accounts of the brand itself have none.
CREATE VIEW IF NOT EXISTS contacts AS
SELECT
    source,
    author_id,
    arrayJoin(brands) AS brand,
    published_at AS at,
    mention_id AS id,
    multiIf(
        kind = 'repost', 'repost',
        kind IN ('reply', 'comment') AND (source, parent_author_id) IN
            (SELECT source, author_id FROM brand_accounts), 'reply',
        'mention'
    ) AS kind,
    toString(lang) AS lang,
    topics
FROM mentions FINAL
WHERE author_role NOT IN ('own', 'care', 'employee')
UNION ALL
SELECT
    source,
    author_id,
    arrayJoin(brands) AS brand,
    occurred_at AS at,
    interaction_id AS id,
    toString(kind) AS kind,
    '' AS lang,
    [] AS topics
FROM interactions FINAL
WHERE (source, author_id) NOT IN (SELECT source, author_id FROM brand_accounts);

-- The one definition of first contact: an author's earliest contact with a brand, and how it was.
CREATE OR REPLACE VIEW first_contacts AS
SELECT
    source,
    author_id,
    brand,
    min((at, id, kind, lang, topics)) AS first,
    first.1 AS first_at,
    first.3 AS first_kind,
    first.2 AS first_id,
    first.4 AS first_lang,
    first.5 AS first_topics,
    count() AS contacts
FROM contacts
GROUP BY source, author_id, brand;

-- The same as it stood at the last refresh, for panels and for what is built on it.
CREATE TABLE IF NOT EXISTS first_contacts_kept
(
    source LowCardinality(String),
    author_id String,
    brand LowCardinality(String),
    first_at DateTime64(3, 'UTC'),
    first_kind LowCardinality(String),
    first_id String,
    first_lang LowCardinality(String),
    first_topics Array(LowCardinality(String)),
    contacts UInt64
)
ENGINE = MergeTree
ORDER BY (source, author_id, brand)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS first_contacts_kept_view
REFRESH EVERY 10 MINUTE TO first_contacts_kept AS
SELECT * EXCEPT (first) FROM first_contacts;

-- Reactive signals by day.
CREATE TABLE IF NOT EXISTS contacts_by_day
(
    day Date,
    brand LowCardinality(String),
    source LowCardinality(String),
    kind LowCardinality(String),
    contacts UInt64
)
ENGINE = MergeTree
ORDER BY (day, brand, source, kind)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS contacts_by_day_view
REFRESH EVERY 10 MINUTE TO contacts_by_day AS
SELECT toDate(at, 'UTC') AS day, brand, source, kind, count() AS contacts
FROM contacts
GROUP BY day, brand, source, kind;

-- Brands that are ours by the listening rules; every brand, where the rules call none our own.
CREATE VIEW IF NOT EXISTS our_brands AS
SELECT DISTINCT brand
FROM first_contacts_kept
WHERE brand IN (SELECT name FROM listened_current WHERE section = 'brand' AND own)
    OR (SELECT count() FROM listened_current WHERE section = 'brand' AND own) = 0;

-- Promises one row for each mention in which a person voices intent (latent or active): words of
-- their own, no bot, no spam, no copy of another text. `contacted` are the brands the author had to
-- do with before it or in it; `is_proactive` is that none of ours is among them: heard before the
-- first contact. Source: Elósegui, "Los tres pilares".
CREATE VIEW IF NOT EXISTS intent_signals_now AS
SELECT
    m.source AS source,
    m.mention_id AS mention_id,
    m.author_id AS author_id,
    m.published_at AS at,
    m.intent AS intent,
    m.intent_latent AS intent_latent,
    m.intent_active AS intent_active,
    m.stage AS stage,
    m.sentiment AS sentiment,
    m.acts AS acts,
    m.lang AS lang,
    m.brands AS brands,
    m.topics AS topics,
    arraySort(arrayMap(c -> c.1, arrayFilter(c -> c.2 <= m.published_at, f.firsts))) AS contacted,
    NOT hasAny(contacted, (SELECT groupArray(brand) FROM our_brands)) AS is_proactive
FROM
(
    SELECT
        source, mention_id, author_id, published_at, intent, intent_latent, intent_active, stage,
        sentiment, acts, lang, brands, topics
    FROM mentions FINAL
    WHERE intent IN ('latent', 'active')
        AND author_role = ''
        AND NOT author_is_bot
        AND kind != 'repost'
        AND spam < 0.5
        AND mention_id NOT IN
            (SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id)
) AS m
LEFT JOIN
(
    SELECT source, author_id, groupArray((brand, first_at)) AS firsts
    FROM first_contacts_kept
    GROUP BY source, author_id
) AS f ON f.source = m.source AND f.author_id = m.author_id;

CREATE TABLE IF NOT EXISTS intent_signals
(
    source LowCardinality(String),
    mention_id String,
    author_id String,
    at DateTime64(3, 'UTC'),
    intent LowCardinality(String),
    intent_latent Float32,
    intent_active Float32,
    stage LowCardinality(String),
    sentiment LowCardinality(String),
    acts Array(LowCardinality(String)),
    lang LowCardinality(String),
    brands Array(LowCardinality(String)),
    topics Array(LowCardinality(String)),
    contacted Array(LowCardinality(String)),
    is_proactive UInt8
)
ENGINE = MergeTree
ORDER BY (toStartOfHour(at), mention_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS intent_signals_view
REFRESH EVERY 10 MINUTE DEPENDS ON first_contacts_kept_view TO intent_signals AS
SELECT * FROM intent_signals_now;

-- Proactive share = intent found before the first contact / all intent, by day, language and source
-- (a number from 0 to 1; sum both counts for longer periods).
CREATE VIEW IF NOT EXISTS proactive_share AS
SELECT
    toDate(at, 'UTC') AS day,
    toString(lang) AS lang,
    source,
    count() AS signals,
    countIf(is_proactive) AS proactive,
    proactive / signals AS share
FROM intent_signals
GROUP BY day, lang, source;

-- The two kinds of signals side by side: reactive ones (contacts) and proactive ones.
CREATE VIEW IF NOT EXISTS signals_split AS
SELECT day, 'reactive' AS side, toString(kind) AS kind, sum(contacts) AS signals
FROM contacts_by_day
WHERE brand IN (SELECT brand FROM our_brands)
GROUP BY day, kind
UNION ALL
SELECT toDate(at, 'UTC') AS day, 'proactive' AS side, toString(intent) AS kind, count() AS signals
FROM intent_signals
WHERE is_proactive
GROUP BY day, kind;

-- Promises one row for each author who voiced intent:
--   first_evidence: their first intent signal; first_contact: their first contact with a brand of
--     ours; purchase: their first order at or after the first evidence.
--   lead_time_sec: first contact - first evidence, where the evidence came first: the time that
--     listening wins over waiting. Seconds of event time.
--   progress: how far the decision was when the first contact came, 0 to 1:
--     (first contact - first evidence) / (purchase - first evidence); 0 where the contact was there
--     first, 1 where it came after the purchase; NULL without a purchase or without any contact.
--     Source: DataSift's "60 %" by way of Elósegui, measured here instead of believed.
--   considered … advocated: when they first reached that stage at or after the first evidence.
CREATE VIEW IF NOT EXISTS author_journeys_now AS
SELECT
    e.source AS source,
    e.author_id AS author_id,
    e.first.1 AS first_evidence_at,
    e.first.2 AS first_evidence_id,
    e.signals AS signals,
    e.proactive AS proactive_signals,
    if(c.author_id = '', NULL, c.first.1) AS first_contact_at,
    c.first.2 AS first_contact_kind,
    if(empty(later_orders), NULL, arrayMin(later_orders)) AS purchase_at,
    if(
        first_contact_at > first_evidence_at,
        dateDiff('millisecond', first_evidence_at, first_contact_at) / 1000,
        NULL
    ) AS lead_time_sec,
    multiIf(
        purchase_at IS NULL OR first_contact_at IS NULL, NULL,
        first_contact_at <= first_evidence_at, 0,
        first_contact_at >= purchase_at, 1,
        dateDiff('millisecond', first_evidence_at, first_contact_at)
            / dateDiff('millisecond', first_evidence_at, purchase_at)
    ) AS progress,
    arrayFilter(s -> s.1 >= first_evidence_at, t.staged) AS later,
    if(has(later.2, 'consideration'), arrayMin(arrayMap(s -> if(s.2 = 'consideration', s.1, toDateTime64('2299-01-01', 3, 'UTC')), later)), NULL) AS considered_at,
    if(has(later.2, 'decision'), arrayMin(arrayMap(s -> if(s.2 = 'decision', s.1, toDateTime64('2299-01-01', 3, 'UTC')), later)), NULL) AS decided_at,
    if(has(later.2, 'use'), arrayMin(arrayMap(s -> if(s.2 = 'use', s.1, toDateTime64('2299-01-01', 3, 'UTC')), later)), NULL) AS used_at,
    if(has(later.2, 'advocacy'), arrayMin(arrayMap(s -> if(s.2 = 'advocacy', s.1, toDateTime64('2299-01-01', 3, 'UTC')), later)), NULL) AS advocated_at,
    arrayFilter(o -> o >= first_evidence_at, p.ordered) AS later_orders
FROM
(
    SELECT
        source,
        author_id,
        min((at, mention_id)) AS first,
        count() AS signals,
        countIf(is_proactive) AS proactive
    FROM intent_signals
    GROUP BY source, author_id
) AS e
LEFT JOIN
(
    SELECT source, author_id, min((first_at, first_kind)) AS first
    FROM first_contacts_kept
    WHERE brand IN (SELECT brand FROM our_brands)
    GROUP BY source, author_id
) AS c ON c.source = e.source AND c.author_id = e.author_id
LEFT JOIN
(
    SELECT author_id, groupArray(ordered_at) AS ordered FROM orders FINAL GROUP BY author_id
) AS p ON p.author_id = e.author_id
LEFT JOIN
(
    SELECT source, author_id, groupArray((published_at, toString(stage))) AS staged
    FROM mentions FINAL
    WHERE stage IN ('consideration', 'decision', 'use', 'advocacy')
        AND author_role = ''
        AND kind != 'repost'
    GROUP BY source, author_id
) AS t ON t.source = e.source AND t.author_id = e.author_id;

CREATE TABLE IF NOT EXISTS author_journeys
(
    source LowCardinality(String),
    author_id String,
    first_evidence_at DateTime64(3, 'UTC'),
    first_evidence_id String,
    signals UInt64,
    proactive_signals UInt64,
    first_contact_at Nullable(DateTime64(3, 'UTC')),
    first_contact_kind LowCardinality(String),
    purchase_at Nullable(DateTime64(3, 'UTC')),
    lead_time_sec Nullable(Float64),
    progress Nullable(Float64),
    considered_at Nullable(DateTime64(3, 'UTC')),
    decided_at Nullable(DateTime64(3, 'UTC')),
    used_at Nullable(DateTime64(3, 'UTC')),
    advocated_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = MergeTree
ORDER BY (source, author_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS author_journeys_view
REFRESH EVERY 10 MINUTE DEPENDS ON intent_signals_view TO author_journeys AS
SELECT * EXCEPT (later, later_orders) FROM author_journeys_now;

-- The distribution of decision progress at first contact: authors per tenth of the way (0.0 is up
-- to 0.1, 0.9 up to 1; -1: bought without any contact), by the week of their purchase.
CREATE VIEW IF NOT EXISTS decision_progress AS
SELECT
    toMonday(purchase_at, 'UTC') AS week,
    if(progress IS NULL, -1, least(9, floor(progress * 10)) / 10) AS tenth,
    count() AS authors
FROM author_journeys
WHERE purchase_at IS NOT NULL
GROUP BY week, tenth;

-- The funnel: of the authors whose first evidence fell into a week (from Monday, UTC), how many
-- reached what by now, each counted from that evidence on.
CREATE VIEW IF NOT EXISTS journey_funnel AS
SELECT
    toMonday(first_evidence_at, 'UTC') AS cohort,
    count() AS voiced_intent,
    countIf(first_contact_at IS NOT NULL) AS had_contact,
    countIf(considered_at IS NOT NULL) AS considered,
    countIf(decided_at IS NOT NULL) AS decided,
    countIf(purchase_at IS NOT NULL) AS bought,
    countIf(used_at IS NOT NULL) AS used,
    countIf(advocated_at IS NOT NULL) AS advocated
FROM author_journeys
GROUP BY cohort;

-- Promises, per author and brand ('' is none), the stages they went through in order of event time:
-- one row for each change, with what was before and after. An order is the step 'purchase', at the
-- brand of its product, or at our only brand. Source: the white paper's three legs.
CREATE VIEW IF NOT EXISTS journey_steps_now AS
WITH changes AS
(
    SELECT
        source,
        author_id,
        brand,
        arraySort(groupArray((at, position_of_step, id, step))) AS said,
        arrayFilter(
            (s, n) -> n = 1 OR s.4 != said[n - 1].4, said, arrayEnumerate(said)
        ) AS steps
    FROM
    (
        SELECT
            source,
            author_id,
            arrayJoin(if(empty(brands), [''], brands)) AS brand,
            published_at AS at,
            mention_id AS id,
            toString(stage) AS step,
            indexOf(['awareness', 'consideration', 'decision', '', 'use', 'advocacy'], step)
                AS position_of_step
        FROM mentions FINAL
        WHERE stage NOT IN ('', 'none') AND author_role = '' AND kind != 'repost'
            AND NOT author_is_bot
        UNION ALL
        SELECT
            a.source,
            a.author_id,
            multiIf(
                p.brand != '', p.brand,
                (SELECT count() FROM our_brands) = 1, (SELECT any(toString(brand)) FROM our_brands),
                ''
            ) AS brand,
            o.ordered_at AS at,
            o.order_id AS id,
            'purchase' AS step,
            4 AS position_of_step
        FROM (SELECT order_id, author_id, ordered_at, product FROM orders FINAL) AS o
        INNER JOIN
        (
            SELECT DISTINCT toString(source) AS source, author_id
            FROM mentions
            WHERE author_id IN (SELECT author_id FROM orders)
        ) AS a ON a.author_id = o.author_id
        LEFT JOIN
        (
            SELECT lowerUTF8(name) AS name, any(brand) AS brand
            FROM listened_current
            WHERE section = 'product'
            GROUP BY name
        ) AS p ON p.name = lowerUTF8(o.product)
    )
    GROUP BY source, author_id, brand
)
SELECT
    source,
    author_id,
    brand,
    steps[n].1 AS at,
    steps[n].3 AS id,
    steps[n].4 AS step,
    if(n = 1, '', steps[n - 1].4) AS step_before,
    if(n = length(steps), '', steps[n + 1].4) AS step_after,
    if(n = length(steps), NULL, dateDiff('second', at, steps[n + 1].1)) AS stayed_sec
FROM changes
ARRAY JOIN arrayEnumerate(steps) AS n;

CREATE TABLE IF NOT EXISTS journey_steps
(
    source LowCardinality(String),
    author_id String,
    brand LowCardinality(String),
    at DateTime64(3, 'UTC'),
    id String,
    step LowCardinality(String),
    step_before LowCardinality(String),
    step_after LowCardinality(String),
    stayed_sec Nullable(Int64)
)
ENGINE = MergeTree
ORDER BY (source, author_id, brand, at)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS journey_steps_view
REFRESH EVERY 10 MINUTE DEPENDS ON first_contacts_kept_view TO journey_steps AS
SELECT * FROM journey_steps_now;

-- Where people go from each stage, per brand: how many changes, and after how many days (median).
CREATE VIEW IF NOT EXISTS journey_transitions AS
SELECT
    brand,
    step,
    step_after,
    count() AS changes,
    uniq(source, author_id) AS authors, -- within a percent, exact when few
    quantileExact(0.5)(stayed_sec) / 86400 AS days
FROM journey_steps
WHERE step_after != ''
GROUP BY brand, step, step_after;

-- Where people are now, per brand, and where they stall: on the way to a purchase (awareness,
-- consideration, decision) and without a step for 14 days.
CREATE VIEW IF NOT EXISTS journey_stalls AS
SELECT
    brand,
    step,
    count() AS authors,
    countIf(
        step IN ('awareness', 'consideration', 'decision') AND at < now64(3) - INTERVAL 14 DAY
    ) AS stalled,
    stalled / authors AS stalled_share
FROM journey_steps
WHERE step_after = ''
GROUP BY brand, step;

-- Which questions stand at each touchpoint, by day: questions of people per brand, stage and topic
-- ('' is none), how many of them the brand answered, and the newest one.
CREATE TABLE IF NOT EXISTS touchpoint_questions
(
    day Date,
    brand LowCardinality(String),
    stage LowCardinality(String),
    asked_about LowCardinality(String),
    questions UInt64,
    answered UInt64,
    newest_id String,
    newest_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (day, brand, stage, asked_about)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoint_questions_view
REFRESH EVERY 10 MINUTE DEPENDS ON care_items_view TO touchpoint_questions AS
SELECT
    toDate(published_at, 'UTC') AS day,
    arrayJoin(if(empty(brands), [''], brands)) AS brand,
    stage,
    arrayJoin(if(empty(topics), [''], topics)) AS asked_about,
    count() AS questions,
    countIf(mention_id IN (SELECT mention_id FROM care_items WHERE first_reply_at IS NOT NULL))
        AS answered,
    max((published_at, mention_id)).2 AS newest_id,
    max(published_at) AS newest_at
FROM mentions FINAL
WHERE has(acts, 'question') AND author_role = '' AND kind != 'repost' AND NOT author_is_bot
GROUP BY day, brand, stage, asked_about;

-- What people decided about leads, one event each, never changed: assigned (owner; '' gives it
-- back), status (new, working, won, lost, dismissed), due (ISO time; '' is the rule's), note.
-- Versions of a lead count from 1; where two people wrote the same one, the earlier event holds.
CREATE TABLE IF NOT EXISTS lead_events
(
    source LowCardinality(String),
    author_id String,
    version UInt32,
    event_id String,
    kind LowCardinality(String),
    value String,
    made_by String,
    made_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (source, author_id, version)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE VIEW IF NOT EXISTS lead_desk AS
SELECT
    source,
    author_id,
    max(number) AS version,
    argMaxIf(event.2, number, event.1 = 'assigned') AS owner,
    argMaxIf(event.2, number, event.1 = 'status') AS status,
    argMaxIf(event.3, number, event.1 = 'status') AS status_at,
    argMaxIf(event.2, number, event.1 = 'due') AS due,
    argMaxIf(event.3, number, event.1 = 'due') AS due_set_at,
    argMaxIf(event.2, number, event.1 = 'note') AS note
FROM
(
    SELECT
        source,
        author_id,
        version AS number,
        argMin((toString(kind), value, made_at), (made_at, event_id)) AS event
    FROM lead_events
    GROUP BY source, author_id, version
)
GROUP BY source, author_id;

-- The lead queue, live: one row for each person who voiced intent in the last 30 days.
--   evidence: mentions with intent as in intent_signals_now. It is open while it came after the
--     person's last order and after the lead was last closed by somebody (won, lost, dismissed).
--   weight of a piece of evidence: P(active) + 0.3 P(latent), by the model.
--   strength: the largest weight × 2^(-age / 7 days) among the evidence: strong and fresh first.
--   lead_kind, of the strongest piece: ready_to_buy (stage decision), asks_recommendation (does ask
--     for one), unhappy_with_rival (complains, or is negative, and names a brand that is not ours),
--     else comparing (active) or thinking (latent).
--   status: ordered (an order came after the evidence), what somebody said last (a closed lead with
--     newer evidence is new again), else new.
--   due_at: what somebody set, else the newest evidence plus 24 hours, 72 for thinking.
-- Source: "10 puntos" 10e, "oportunidades de venta relevantes"; Elósegui's "escucha proactiva".
CREATE VIEW IF NOT EXISTS leads AS
WITH
    (SELECT groupArray(name) FROM listened_current WHERE section = 'brand' AND NOT own) AS rivals,
    evidence AS
    (
        SELECT
            m.source AS source,
            m.author_id AS author_id,
            m.mention_id AS mention_id,
            m.author_handle AS author_handle,
            m.published_at AS at,
            round(m.intent_active + 0.3 * m.intent_latent, 4) AS weight,
            weight * exp2(-dateDiff('second', m.published_at, now64(3, 'UTC')) / 604800) AS strength,
            multiIf(
                m.stage = 'decision', 'ready_to_buy',
                has(m.acts, 'asks_recommendation'), 'asks_recommendation',
                (m.sentiment = 'negative' OR has(m.acts, 'complaint')) AND hasAny(m.brands, rivals),
                'unhappy_with_rival',
                m.intent = 'active', 'comparing',
                'thinking'
            ) AS kind,
            m.brands AS brands,
            m.topics AS topics,
            o.ordered_at AS ordered_at,
            if(d.status IN ('won', 'lost', 'dismissed'), d.status_at, toDateTime64(0, 3, 'UTC'))
                AS closed_at,
            m.published_at > ordered_at AND m.published_at > closed_at AS is_open,
            d.version AS version,
            d.owner AS owner,
            d.status AS desk_status,
            d.status_at AS status_at,
            d.note AS note,
            if(d.due_set_at > greatest(ordered_at, closed_at), d.due, '') AS due
        FROM
        (
            SELECT
                source, author_id, mention_id, author_handle, published_at, intent, intent_active,
                intent_latent, stage, sentiment, acts, brands, topics
            FROM mentions FINAL
            WHERE published_at > now64(3, 'UTC') - INTERVAL 30 DAY
                AND published_at <= now64(3, 'UTC') + INTERVAL 1 HOUR
                AND intent IN ('latent', 'active')
                AND author_role = ''
                AND NOT author_is_bot
                AND kind != 'repost'
                AND spam < 0.5
                AND mention_id NOT IN
                (
                    SELECT mention_id
                    FROM near_duplicates FINAL
                    WHERE original != mention_id
                        AND published_at > now64(3, 'UTC') - INTERVAL 30 DAY
                )
        ) AS m
        LEFT JOIN
        (
            SELECT author_id, max(ordered_at) AS ordered_at FROM orders FINAL GROUP BY author_id
        ) AS o ON o.author_id = m.author_id
        LEFT JOIN lead_desk AS d ON d.source = m.source AND d.author_id = m.author_id
    ),
    grouped AS
    (
        SELECT
            source,
            author_id,
            argMax(author_handle, (at, mention_id)) AS handle,
            argMax((kind, mention_id, brands, topics), (is_open, strength, at, mention_id)) AS best,
            maxIf(strength, is_open) AS open_strength,
            countIf(is_open) AS open_evidence,
            count() AS all_evidence,
            arrayReverseSort(groupArray((is_open, at, mention_id))) AS newest,
            min(at) AS first_at,
            max(at) AS last_at,
            any(version) AS desk_version,
            any(owner) AS desk_owner,
            any(note) AS desk_note,
            any(due) AS desk_due,
            any(desk_status) AS said,
            any(status_at) AS said_at,
            any(ordered_at) AS last_order_at,
            any(closed_at) AS last_closed_at
        FROM evidence
        GROUP BY source, author_id
    )
SELECT
    source,
    author_id,
    handle AS author_handle,
    best.1 AS lead_kind,
    best.2 AS best_id,
    best.3 AS brands,
    best.4 AS topics,
    round(open_strength, 4) AS strength,
    open_evidence,
    all_evidence,
    arrayMap(e -> e.3, arraySlice(newest, 1, 5)) AS evidence_ids,
    first_at,
    last_at,
    desk_version AS version,
    desk_owner AS owner,
    desk_note AS note,
    multiIf(
        open_evidence = 0 AND last_order_at >= last_closed_at, 'ordered',
        open_evidence = 0, said,
        said = 'working' AND said_at > last_order_at, 'working',
        'new'
    ) AS status,
    status IN ('new', 'working') AS is_open,
    ifNull(
        parseDateTime64BestEffortOrNull(desk_due, 3, 'UTC'),
        last_at + toIntervalHour(if(lead_kind = 'thinking', 72, 24))
    ) AS due_at,
    is_open AND due_at < now64(3, 'UTC') AS is_overdue
FROM grouped;
