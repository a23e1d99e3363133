-- What needs a reply, judged when its time has come, and without likely spam.

-- What it promises is said where it was first made; likely spam (from 0.5) does not ask, as it is no
-- lead and makes no alert. Copies do ask, unlike there: each of the people who say the same in the
-- same words waits for a reply of their own.
CREATE OR REPLACE VIEW care_items_between AS
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
                    OR author_role = '' AND NOT author_is_bot AND spam < 0.5 AND (
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

-- The same as where it was first made; `pending` are those that still wait and are not yet due.
-- Nobody has missed them: the share in time is in_time / (asked - pending).
CREATE OR REPLACE VIEW care_hourly AS
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
    countIf(stopped_at IS NULL AND due_at >= now64(3, 'UTC')) AS pending,
    countIf(resolved_at IS NOT NULL) AS resolved,
    countIf(reopened_at IS NOT NULL) AS reopened
FROM care_items
GROUP BY hour, definition, account, sentiment, in_campaign;

-- Neither likely spam nor copies are questions of their own here: it is counted what people want to
-- know, and an answer to one of them is read by all.
ALTER TABLE touchpoint_questions_view MODIFY QUERY
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
    AND spam < 0.5
    AND mention_id NOT IN
        (SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id)
GROUP BY day, brand, stage, asked_about;
