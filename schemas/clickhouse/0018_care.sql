-- Listen and react: what needed a reply, who answered and when. Everything is computed from stored
-- mentions, so what comes late, twice, edited or is taken back corrects it. A table that a
-- refreshable view keeps is nothing but its view's answer of a few minutes ago.

-- What the listening rules in force name: brands and accounts (own: ours), products with their
-- brand, campaigns with their days. `escucha upkeep` writes it whenever other rules are in force.
CREATE TABLE IF NOT EXISTS listened
(
    sequence UInt32,
    version String,
    section LowCardinality(String),
    name String,
    brand String,
    own UInt8,
    since Nullable(Date),
    until Nullable(Date),
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(noted_at)
ORDER BY (sequence, version, section, name)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE VIEW IF NOT EXISTS listened_current AS
SELECT section, name, brand, own, since, until
FROM listened FINAL
WHERE (sequence, version) IN
    (SELECT sequence, version FROM listened ORDER BY sequence DESC, noted_at DESC LIMIT 1);

-- What operators set; the newest row of a name holds. care_target_minutes: how soon a first reply
-- is due, 60 where nobody said.
CREATE TABLE IF NOT EXISTS signal_settings
(
    name LowCardinality(String),
    value Float64,
    set_by String,
    set_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (name, set_at)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE VIEW IF NOT EXISTS care_target AS
SELECT if(count() = 0, 60, argMax(value, set_at)) AS minutes
FROM signal_settings
WHERE name = 'care_target_minutes';

-- Who speaks for the brand: each account that the rules call own, care or employee, by what it
-- wrote. Rivals are not among them.
CREATE VIEW IF NOT EXISTS brand_accounts AS
SELECT source, author_id, argMax(author_handle, published_at) AS handle
FROM mentions FINAL
WHERE author_role IN ('own', 'care', 'employee')
GROUP BY source, author_id;

CREATE TABLE IF NOT EXISTS brand_accounts_kept
(
    source LowCardinality(String),
    author_id String,
    handle String
)
ENGINE = MergeTree
ORDER BY (source, author_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS brand_accounts_kept_view
REFRESH EVERY 5 MINUTE TO brand_accounts_kept AS
SELECT * FROM brand_accounts;

-- The handles people call the brand by, without @ and in lower case: of its accounts, and of those
-- in the rules that have not written yet.
CREATE VIEW IF NOT EXISTS brand_handles AS
SELECT lowerUTF8(handle) AS handle FROM brand_accounts_kept WHERE handle != ''
UNION DISTINCT
SELECT lowerUTF8(name) AS handle FROM listened_current WHERE section = 'account' AND own;

-- Promises each reply of a brand account whose parent is stored, and how long the parent had waited
-- (latency_sec, seconds of event time). Source: Zappos, "service is the playing field"; oracle:
-- 2,198 replies, median 12.1 min, p90 387 min on the support threads. A brand that answers itself
-- is among them and told by to_itself.
CREATE VIEW IF NOT EXISTS care_replies_now AS
SELECT
    r.source AS source,
    r.mention_id AS reply_id,
    r.author_id AS account_id,
    r.author_handle AS account,
    p.mention_id AS answered_id,
    p.author_id AS author_id,
    p.published_at AS asked_at,
    r.published_at AS replied_at,
    dateDiff('millisecond', p.published_at, r.published_at) / 1000 AS latency_sec,
    p.author_role IN ('own', 'care', 'employee') AS to_itself
FROM
(
    SELECT source, mention_id, author_id, author_handle, parent_id, published_at
    FROM mentions FINAL
    WHERE author_role IN ('own', 'care', 'employee') AND parent_id != '' AND kind != 'repost'
) AS r
INNER JOIN
(
    SELECT mention_id, author_id, author_role, published_at
    FROM mentions FINAL
    WHERE mention_id IN
        (SELECT parent_id FROM mentions WHERE author_role IN ('own', 'care', 'employee'))
) AS p ON p.mention_id = r.parent_id;

CREATE TABLE IF NOT EXISTS care_replies
(
    source LowCardinality(String),
    reply_id String,
    account_id String,
    account LowCardinality(String),
    answered_id String,
    author_id String,
    asked_at DateTime64(3, 'UTC'),
    replied_at DateTime64(3, 'UTC'),
    latency_sec Float64,
    to_itself UInt8
)
ENGINE = MergeTree
ORDER BY (toStartOfHour(replied_at), reply_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS care_replies_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO care_replies AS
SELECT * FROM care_replies_now;

-- Promises one row for each mention between two moments that needed a reply, with what became of it.
--   needed: the model says so (needs_reply), or it speaks to an account of the brand (addressed):
--     answers it, or names it. Reposts, bots, rivals and the brand itself do not ask.
--   thanks: speaks to the brand, needs no reply and is pleased (praise, or positive sentiment),
--     within 7 days after the author asked or was answered. Thanks need no reply.
--   first_reply: the first mention of a brand account that answers this author, in this mention or
--     in another one, not before it and within 7 days; or later, if it answers this very one.
--   next_reply: the next one after it, within 7 days of it.
--   stopped: first reply or thanks, whichever comes first. What its author or the network takes
--     back is no longer here at all.
--   reopened: the author asks again after an answer or thanks, within 7 days of the first reply.
--   resolved: thanked and not reopened, or answered and quiet for 72 hours since.
--   due: asked plus the target (care_target). Times are event times.
-- Sources: "10 puntos" 2 and 3, Vaynerchuk ("escuchar y reaccionar"), Zappos.
CREATE VIEW IF NOT EXISTS care_items_between AS
WITH
    (SELECT groupUniqArray(author_id) FROM brand_accounts_kept) AS our_ids,
    (SELECT groupUniqArray(handle) FROM brand_handles) AS our_handles,
    spoken AS
    (
        SELECT
            m.source AS source,
            m.mention_id AS mention_id,
            m.author_id AS author_id,
            m.author_handle AS author_handle,
            m.published_at AS at,
            m.sentiment AS sentiment,
            m.brands AS brands,
            m.topics AS topics,
            m.lang AS lang,
            m.author_role != '' AS is_ours,
            if(m.parent_author_id != '', m.parent_author_id, p.author_id) AS answered_author,
            arrayFirst(h -> has(our_handles, lowerUTF8(h)), m.mentioned_handles) AS named,
            m.author_role = '' AND (
                has(our_ids, answered_author) OR named != '' OR hasAny(m.mentioned_ids, our_ids)
            ) AS is_addressed,
            m.author_role = '' AND m.needs_reply AS is_needed,
            is_addressed AND NOT is_needed
                AND (has(m.acts, 'praise') OR m.sentiment = 'positive') AS is_pleased,
            if(is_ours, answered_author, m.author_id) AS person,
            if(named != '', named, if(has(our_ids, answered_author), p.author_handle, ''))
                AS addressed_to
        FROM
        (
            SELECT
                source, mention_id, author_id, author_handle, published_at, sentiment, brands,
                topics, lang, author_role, parent_author_id, parent_id, mentioned_handles,
                mentioned_ids, needs_reply, acts
            FROM mentions FINAL
            WHERE published_at >= {since:DateTime64(3, 'UTC')}
                AND published_at <= {until:DateTime64(3, 'UTC')}
                AND kind != 'repost'
                AND (
                    author_role IN ('own', 'care', 'employee') AND parent_id != ''
                    OR author_role = '' AND NOT author_is_bot AND (
                        needs_reply
                        OR parent_id != ''
                        OR hasAny(mentioned_ids, our_ids)
                        OR arrayExists(h -> has(our_handles, lowerUTF8(h)), mentioned_handles)
                    )
                )
        ) AS m
        LEFT JOIN
        (
            SELECT mention_id, author_id, author_handle
            FROM mentions FINAL
            WHERE published_at >= {since:DateTime64(3, 'UTC')} - INTERVAL 30 DAY
                AND published_at <= {until:DateTime64(3, 'UTC')}
                AND (
                    author_role IN ('own', 'care', 'employee')
                    OR mention_id IN
                    (
                        SELECT parent_id
                        FROM mentions
                        WHERE author_role IN ('own', 'care', 'employee')
                            AND published_at >= {since:DateTime64(3, 'UTC')}
                    )
                )
        ) AS p ON p.mention_id = m.parent_id
        WHERE is_needed OR is_addressed
            OR is_ours AND person != '' AND NOT has(our_ids, person)
    ),
    -- Within a millisecond people ask before they are answered, and thank last.
    told AS
    (
        SELECT
            *,
            maxIf(at, is_ours OR is_needed) OVER before AS talked_at,
            multiIf(
                is_ours, 'answer',
                is_pleased AND talked_at >= at - INTERVAL 7 DAY, 'thanks',
                'ask'
            ) AS what
        FROM spoken
        WINDOW before AS
        (
            PARTITION BY source, person
            ORDER BY at, if(is_ours, 1, if(is_pleased, 2, 0)), mention_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
    ),
    linked AS
    (
        -- Read backwards: a frame that only grows costs one step a row.
        SELECT
            *,
            any(what) OVER previous AS what_before,
            minIf(at, what = 'answer') OVER after AS next_answer_at
        FROM told
        WINDOW
            previous AS
            (
                PARTITION BY source, person
                ORDER BY at, if(is_ours, 1, if(is_pleased, 2, 0)), mention_id
                ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING
            ),
            after AS
            (
                PARTITION BY source, person
                ORDER BY at DESC, if(is_ours, 1, if(is_pleased, 2, 0)) DESC, mention_id DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
    ),
    followed AS
    (
        SELECT
            *,
            minIf((at, mention_id, author_handle, next_answer_at), what = 'answer') OVER after
                AS answer,
            minIf(at, what = 'thanks') OVER after AS next_thanks_at,
            minIf(at, what = 'ask' AND what_before IN ('answer', 'thanks')) OVER after
                AS next_reopening_at
        FROM linked
        WINDOW after AS
        (
            PARTITION BY source, person
            ORDER BY at DESC, if(is_ours, 1, if(is_pleased, 2, 0)) DESC, mention_id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
    ),
    direct AS
    (
        SELECT
            source,
            parent_id AS answered_id,
            min((published_at, mention_id, author_handle, toDateTime64(0, 3, 'UTC'))) AS reply
        FROM mentions FINAL
        WHERE published_at >= {since:DateTime64(3, 'UTC')}
            AND published_at <= {until:DateTime64(3, 'UTC')}
            AND author_role IN ('own', 'care', 'employee') AND parent_id != '' AND kind != 'repost'
        GROUP BY source, answered_id
    ),
    answered AS
    (
        SELECT
            f.source AS source,
            f.mention_id AS mention_id,
            f.author_id AS author_id,
            f.author_handle AS author_handle,
            f.at AS asked_at,
            f.is_needed AS needs_reply,
            f.is_addressed AS addressed,
            f.addressed_to AS addressed_to,
            f.sentiment AS sentiment,
            f.brands AS brands,
            f.topics AS topics,
            f.lang AS lang,
            f.what_before IN ('answer', 'thanks') AS reopens,
            multiIf(
                f.answer.1 > toDateTime64(0, 3, 'UTC') AND f.answer.1 <= f.at + INTERVAL 7 DAY,
                f.answer,
                d.reply.1 >= f.at AND d.reply.1 > toDateTime64(0, 3, 'UTC'),
                d.reply,
                (toDateTime64(0, 3, 'UTC'), '', '', toDateTime64(0, 3, 'UTC'))
            ) AS reply,
            if(reply.1 = toDateTime64(0, 3, 'UTC'), NULL, reply.1) AS first_reply_at,
            if(
                reply.4 > toDateTime64(0, 3, 'UTC') AND reply.4 <= reply.1 + INTERVAL 7 DAY,
                reply.4,
                NULL
            ) AS next_reply_at,
            if(
                f.next_thanks_at > f.at AND f.next_thanks_at <= f.at + INTERVAL 7 DAY,
                f.next_thanks_at,
                NULL
            ) AS thanked_at,
            if(
                f.next_reopening_at > first_reply_at
                    AND f.next_reopening_at <= first_reply_at + INTERVAL 7 DAY,
                f.next_reopening_at,
                NULL
            ) AS reopened_at
        FROM followed AS f
        LEFT JOIN direct AS d ON d.source = f.source AND d.answered_id = f.mention_id
        WHERE f.what = 'ask'
    )
SELECT
    source,
    mention_id,
    author_id,
    author_handle,
    asked_at,
    needs_reply,
    addressed,
    if(reply.3 != '', reply.3, addressed_to) AS account,
    sentiment,
    brands,
    topics,
    lang,
    reopens,
    first_reply_at,
    reply.2 AS first_reply_id,
    next_reply_at,
    thanked_at,
    reopened_at,
    multiIf(
        first_reply_at IS NULL, thanked_at,
        thanked_at IS NULL, first_reply_at,
        least(first_reply_at, thanked_at)
    ) AS stopped_at,
    dateDiff('millisecond', asked_at, stopped_at) / 1000 AS waited_sec,
    asked_at + toIntervalSecond(toUInt32(60 * (SELECT minutes FROM care_target))) AS due_at,
    ifNull(stopped_at <= due_at, false) AS within_target,
    multiIf(
        reopened_at IS NOT NULL, NULL,
        thanked_at IS NOT NULL, thanked_at,
        first_reply_at < now64(3, 'UTC') - INTERVAL 72 HOUR, first_reply_at + INTERVAL 72 HOUR,
        NULL
    ) AS resolved_at,
    multiIf(
        stopped_at IS NULL, 'waiting',
        reopened_at IS NOT NULL, 'reopened',
        resolved_at IS NOT NULL, 'resolved',
        'answered'
    ) AS state,
    arrayExists(
        days -> toDate(asked_at, 'UTC') >= days.1 AND toDate(asked_at, 'UTC') <= days.2,
        (
            SELECT groupArray((ifNull(since, toDate('1970-01-01')), ifNull(until, toDate('2149-01-01'))))
            FROM listened_current
            WHERE section = 'campaign'
        )
    ) AS in_campaign
FROM answered;

-- All of them, as they stood at the last refresh, for figures over any period.
CREATE TABLE IF NOT EXISTS care_items
(
    source LowCardinality(String),
    mention_id String,
    author_id String,
    author_handle String,
    asked_at DateTime64(3, 'UTC'),
    needs_reply UInt8,
    addressed UInt8,
    account LowCardinality(String),
    sentiment LowCardinality(String),
    brands Array(LowCardinality(String)),
    topics Array(LowCardinality(String)),
    lang LowCardinality(String),
    reopens UInt8,
    first_reply_at Nullable(DateTime64(3, 'UTC')),
    first_reply_id String,
    next_reply_at Nullable(DateTime64(3, 'UTC')),
    thanked_at Nullable(DateTime64(3, 'UTC')),
    reopened_at Nullable(DateTime64(3, 'UTC')),
    stopped_at Nullable(DateTime64(3, 'UTC')),
    waited_sec Nullable(Float64),
    due_at DateTime64(3, 'UTC'),
    within_target UInt8,
    resolved_at Nullable(DateTime64(3, 'UTC')),
    state LowCardinality(String),
    in_campaign UInt8
)
ENGINE = MergeTree
ORDER BY (toStartOfHour(asked_at), mention_id)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS care_items_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO care_items AS
SELECT *
FROM care_items_between(
    since = toDateTime64(0, 3, 'UTC'), until = toDateTime64('2200-01-01', 3, 'UTC')
);

-- What people decided about items of the queue, one event each, never changed: assigned (owner; ''
-- gives it back), status (open, done: dealt with elsewhere, dismissed: needs no reply), note.
-- Versions of an item count from 1; where two people wrote the same one, the earlier event holds.
CREATE TABLE IF NOT EXISTS care_events
(
    source LowCardinality(String),
    mention_id String,
    author_id String,
    version UInt32,
    event_id String,
    kind LowCardinality(String),
    value String,
    made_by String,
    made_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (source, mention_id, version)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE VIEW IF NOT EXISTS care_desk AS
SELECT
    source,
    mention_id,
    max(number) AS version,
    argMaxIf(event.2, number, event.1 = 'assigned') AS owner,
    argMaxIf(event.2, number, event.1 = 'status') AS status,
    argMaxIf(event.2, number, event.1 = 'note') AS note
FROM
(
    SELECT
        source,
        mention_id,
        version AS number,
        argMin((toString(kind), value), (made_at, event_id)) AS event
    FROM care_events
    GROUP BY source, mention_id, version
)
GROUP BY source, mention_id;

-- The queue, live: what waits of the last 14 days, with what people decided about it. An item that
-- was answered, thanked for or taken back is not in it; one that is done or dismissed says so.
CREATE VIEW IF NOT EXISTS care_queue AS
SELECT
    i.source AS source,
    i.mention_id AS mention_id,
    i.author_id AS author_id,
    i.author_handle AS author_handle,
    i.asked_at AS asked_at,
    i.due_at AS due_at,
    i.due_at < now64(3, 'UTC') AS is_overdue,
    i.needs_reply AS needs_reply,
    i.addressed AS addressed,
    i.account AS account,
    i.sentiment AS sentiment,
    i.brands AS brands,
    i.topics AS topics,
    i.lang AS lang,
    i.reopens AS reopens,
    d.version AS version,
    d.owner AS owner,
    if(d.status = '', 'open', d.status) AS status,
    d.note AS note
FROM care_items_between(
    since = now64(3, 'UTC') - INTERVAL 14 DAY, until = now64(3, 'UTC') + INTERVAL 1 HOUR
) AS i
LEFT JOIN care_desk AS d ON d.source = i.source AND d.mention_id = i.mention_id
WHERE i.state = 'waiting';

-- Promises, per hour (UTC), account, sentiment, campaign and definition, how many needed a reply,
-- had one, had it in time, and how long they waited. `definition` is 'needs_reply' (the model says
-- so), 'addressed' (speaks to the brand) or 'either'; an item may count under several.
CREATE VIEW IF NOT EXISTS care_hourly AS
SELECT
    toStartOfHour(asked_at) AS hour,
    arrayJoin(arrayFilter(d -> d != '', [
        'either', if(needs_reply, 'needs_reply', ''), if(addressed, 'addressed', '')
    ])) AS definition,
    account,
    toString(sentiment) AS sentiment,
    in_campaign,
    count() AS asked,
    countIf(first_reply_at IS NOT NULL) AS answered,
    countIf(within_target) AS in_time,
    countIf(resolved_at IS NOT NULL) AS resolved,
    countIf(reopened_at IS NOT NULL) AS reopened
FROM care_items
GROUP BY hour, definition, account, sentiment, in_campaign;
