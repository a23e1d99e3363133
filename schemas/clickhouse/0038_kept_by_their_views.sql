-- No view is left that takes long to read every mention there is. Six such views only served to
-- say what a kept table is made of: that is now said in the view that keeps it, which ClickHouse asks
-- every ten minutes, and whoever wants to know asks the table. Two more were asked by tests alone, and
-- their figures stand in engagement_quality. What each figure promises is said where it was first
-- made; no figure changes.

-- Of conversations: the root is at depth 0, an answer to it at 1, an answer to that at 2; an answer
-- whose parent is not stored counts as depth 1, chains are followed for 20 steps, and answers in a
-- ring are in no conversation. Ids are hashes here, of which 64 bits are joined and counted with half
-- the memory of strings. Nobody waits for it, so it leaves the other cores to those who ask.
ALTER TABLE engagement_weeks_view MODIFY QUERY
WITH
    answers AS
    (
        SELECT
            source,
            sipHash64(mention_id) AS id,
            sipHash64(parent_id) AS parent,
            if(root_id = '', parent, sipHash64(root_id)) AS root,
            sipHash64(author_id) AS author,
            if(parent_author_id = '', 0, sipHash64(parent_author_id)) AS parent_author,
            author_role = '' AS is_person,
            brands,
            published_at AS at
        FROM mentions FINAL
        WHERE kind IN ('reply', 'comment') AND parent_id != ''
    ),
    depths AS
    (
        WITH RECURSIVE chain AS
        (
            SELECT id, root, toUInt8(1) AS depth
            FROM answers
            WHERE parent = root OR parent NOT IN (SELECT id FROM answers)
            UNION ALL
            SELECT a.id, a.root, toUInt8(c.depth + 1)
            FROM answers AS a
            INNER JOIN chain AS c ON c.id = a.parent
            WHERE c.depth < 20 AND a.parent != a.root
        )
        SELECT root, max(depth) AS depth FROM chain GROUP BY root
    ),
    talks AS
    (
        SELECT
            t.source AS source,
            toMonday(t.began_at, 'UTC') AS week,
            arrayDistinct(arrayConcat([''], t.brands, r.brands)) AS about,
            d.depth AS depth
        FROM depths AS d
        INNER JOIN
        (
            SELECT
                root,
                any(source) AS source,
                groupArrayArray(brands) AS brands,
                min(at) AS began_at
            FROM answers
            GROUP BY root
        ) AS t ON t.root = d.root
        LEFT JOIN
        (
            SELECT sipHash64(mention_id) AS id, brands
            FROM mentions FINAL
            WHERE notEmpty(brands) AND id IN (SELECT root FROM answers)
        ) AS r ON r.id = d.root
    ),
    speakers AS
    (
        SELECT
            source,
            arrayJoin(arrayPushBack(brands, '')) AS brand,
            sipHash64(author_id) AS author,
            groupUniqArray(toMonday(published_at, 'UTC')) AS weeks,
            arrayMin(weeks) AS first_week
        FROM mentions FINAL
        WHERE author_role = ''
        GROUP BY source, brand, author
    ),
    answered AS
    (
        SELECT
            a.source AS source,
            a.brands AS brands,
            a.author AS author,
            if(a.parent_author != 0, a.parent_author, p.author) AS answered,
            a.at AS at
        FROM answers AS a
        LEFT JOIN
        (
            SELECT sipHash64(mention_id) AS id, sipHash64(author_id) AS author
            FROM mentions FINAL
            WHERE id IN (SELECT parent FROM answers WHERE parent_author = 0)
        ) AS p ON p.id = a.parent
        WHERE a.is_person
            AND answered != 0 AND answered != author
            AND (source, answered) NOT IN
                (SELECT source, sipHash64(author_id) FROM mentions FINAL WHERE author_role != '')
    ),
    pairs AS
    (
        SELECT
            source,
            arrayJoin(arrayPushBack(brands, '')) AS brand,
            least(author, answered) AS one,
            greatest(author, answered) AS other,
            groupUniqArray(toMonday(at, 'UTC')) AS weeks,
            minIf(at, author = one) AS one_at,
            minIf(at, author = other) AS other_at,
            countIf(author = one) > 0 AND countIf(author = other) > 0 AS is_mutual,
            greatest(one_at, other_at) AS mutual_at
        FROM answered
        GROUP BY source, brand, one, other
    )
SELECT
    week,
    source,
    brand,
    sum(conversations_) AS conversations,
    sum(depth_) AS depth,
    sum(deep_) AS deep,
    sum(authors_) AS authors,
    sum(returning_) AS returning_authors,
    sum(pairs_) AS pairs,
    sum(mutual_) AS mutual_pairs
FROM
(
    SELECT
        week, source, arrayJoin(about) AS brand, 1 AS conversations_, depth AS depth_,
        depth >= 2 AS deep_, 0 AS authors_, 0 AS returning_, 0 AS pairs_, 0 AS mutual_
    FROM talks
    UNION ALL
    SELECT arrayJoin(weeks) AS week, source, brand, 0, 0, 0, 1, week > first_week, 0, 0
    FROM speakers
    UNION ALL
    SELECT
        arrayJoin(weeks) AS week, source, brand, 0, 0, 0, 0, 0, 1,
        is_mutual AND mutual_at < toDateTime64(week + 7, 3, 'UTC')
    FROM pairs
)
GROUP BY week, source, brand
SETTINGS max_threads=1;

-- The one definition of first contact: an author's earliest contact with a brand, and how it was.
ALTER TABLE first_contacts_kept_view MODIFY QUERY
SELECT
    source,
    author_id,
    brand,
    first.1 AS first_at,
    first.3 AS first_kind,
    first.2 AS first_id,
    first.4 AS first_lang,
    first.5 AS first_topics,
    contacts
FROM
(
    SELECT
        source,
        author_id,
        brand,
        min((at, id, kind, lang, topics)) AS first,
        count() AS contacts
    FROM contacts
    GROUP BY source, author_id, brand
);

-- Steps are compared by the place of their stage; where two fall on one moment, the earlier stage
-- comes first. What lies before and after a step stands beside it in lists moved by one: a lambda
-- that looks into a list copies all of it for each of its elements.
ALTER TABLE journey_steps_view MODIFY QUERY
WITH changes AS
(
    SELECT
        source,
        author_id,
        brand,
        arraySort(groupArray((at, position_of_step, id))) AS said,
        arrayFilter(
            (s, before) -> s.2 != before,
            said,
            arrayPushFront(arrayPopBack(said.2), toUInt8(0))
        ) AS steps
    FROM
    (
        SELECT
            toString(source) AS source,
            author_id,
            arrayJoin(if(empty(brands), [''], brands)) AS brand,
            published_at AS at,
            mention_id AS id,
            toUInt8(transform(
                stage,
                ['awareness', 'consideration', 'decision', 'use', 'advocacy'],
                [1, 2, 3, 5, 6],
                0
            )) AS position_of_step
        FROM mentions FINAL
        WHERE stage IN ('awareness', 'consideration', 'decision', 'use', 'advocacy')
            AND author_role = '' AND kind != 'repost' AND NOT author_is_bot AND spam < 0.5
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
    here.1 AS at,
    here.3 AS id,
    names[here.2 + 1] AS step,
    names[position_before + 1] AS step_before,
    names[after.2 + 1] AS step_after,
    if(after.2 = 0, NULL, dateDiff('second', at, after.1)) AS stayed_sec
FROM
(
    SELECT
        source,
        author_id,
        brand,
        steps,
        ['', 'awareness', 'consideration', 'decision', 'purchase', 'use', 'advocacy'] AS names,
        arrayPushFront(arrayPopBack(steps.2), toUInt8(0)) AS positions_before,
        arrayPushBack(
            arrayPopFront(arrayMap(s -> (s.1, s.2), steps)),
            (toDateTime64(0, 3, 'UTC'), toUInt8(0))
        ) AS steps_after
    FROM changes
)
ARRAY JOIN steps AS here, positions_before AS position_before, steps_after AS after;

ALTER TABLE intent_signals_view MODIFY QUERY
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

ALTER TABLE author_journeys_view MODIFY QUERY
SELECT * EXCEPT (later, later_orders)
FROM
(
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
    ) AS t ON t.source = e.source AND t.author_id = e.author_id
);

DROP VIEW IF EXISTS engagement_weeks_now;

DROP VIEW IF EXISTS conversation_depth;

-- `signals` of before this migration ask it until they are upgraded.
CREATE OR REPLACE VIEW first_contacts AS SELECT * FROM first_contacts_kept;

DROP VIEW IF EXISTS intent_signals_now;

DROP VIEW IF EXISTS journey_steps_now;

DROP VIEW IF EXISTS author_journeys_now;

DROP VIEW IF EXISTS returning_authors;

DROP VIEW IF EXISTS reciprocity;
