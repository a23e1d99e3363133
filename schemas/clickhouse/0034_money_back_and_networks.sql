-- An order below zero is money given back: it is no purchase, closes no lead and ends no journey. An
-- order of nothing (paid by a voucher) is one. And who is in several networks has communities again:
-- they stand in value_people, while value_members is gone when a run is done. A lead is closed by an
-- order of any account that an operator said is the same person's.

-- The accounts that an operator linked, as the newest word on each says.
CREATE VIEW IF NOT EXISTS linked_accounts AS
SELECT l.author_id AS author_id, argMax(l.person, l.linked_at) AS person
FROM account_links AS l
GROUP BY author_id
HAVING person != '';

-- What it promises is said where it was first made.
CREATE OR REPLACE VIEW part_of_networks AS
SELECT
    if(l.person != '', l.person, v.author_id) AS person,
    toUInt32(count()) AS accounts,
    arraySort(groupUniqArray(v.handle)) AS handles,
    arraySort(groupUniqArrayArray(arrayMap(source -> toString(source), v.sources))) AS networks,
    arraySort(arrayFilter(community -> community > 0, groupUniqArray(p.community))) AS communities,
    sum(v.mentions) AS mentions
FROM
(
    SELECT author_id, handle, sources, mentions
    FROM value_voices
    WHERE run = (SELECT max(run) FROM value_runs) AND kind = 'person'
) AS v
LEFT JOIN linked_accounts AS l ON l.author_id = v.author_id
LEFT JOIN
(
    SELECT author_id, community
    FROM value_people
    WHERE run = (SELECT max(run) FROM value_runs) AND community > 0
) AS p ON p.author_id = v.author_id
GROUP BY person;

-- Contacts as before, but for accounts of rivals: who speaks for a brand has no contact with one.
CREATE OR REPLACE VIEW contacts AS
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
WHERE author_role = ''
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
WHERE (source, author_id) NOT IN
    (SELECT source, author_id FROM mentions FINAL WHERE author_role != '');


-- The same as where they were first made, but for what gives money back.
CREATE OR REPLACE VIEW author_journeys_now AS
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
    SELECT author_id, groupArray(ordered_at) AS ordered
    FROM orders FINAL
    WHERE amount >= 0
    GROUP BY author_id
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


-- Neither likely spam nor copies are steps, as they are no leads and make no alert.
CREATE OR REPLACE VIEW journey_steps_now AS
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
            AND NOT author_is_bot AND spam < 0.5
            AND mention_id NOT IN
                (SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id)
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
        FROM
        (
            SELECT order_id, author_id, ordered_at, product FROM orders FINAL WHERE amount >= 0
        ) AS o
        INNER JOIN
        (
            SELECT DISTINCT toString(source) AS source, author_id
            FROM mentions
            WHERE author_id IN (SELECT author_id FROM orders WHERE amount >= 0)
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


CREATE OR REPLACE VIEW leads AS
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
            SELECT author_id, max(moment) AS ordered_at
            FROM
            (
                SELECT author_id, ordered_at AS moment FROM orders FINAL WHERE amount >= 0
                UNION ALL
                SELECT other.author_id, bought.moment
                FROM
                (
                    SELECT author_id, ordered_at AS moment
                    FROM orders FINAL
                    WHERE amount >= 0 AND author_id IN (SELECT author_id FROM linked_accounts)
                ) AS bought
                INNER JOIN linked_accounts AS one ON one.author_id = bought.author_id
                INNER JOIN linked_accounts AS other ON other.person = one.person
            )
            GROUP BY author_id
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

