-- Promise: each author of a stored mention has one row, as a person, as staff, as a bot or as a rival.
-- Who ever spoke as an account of a brand of ours is staff, of another brand a rival; who ever said to
-- be a bot is one. Unit: mentions.
INSERT INTO value_voices
SELECT
    {run:UInt64},
    author_id,
    multiIf(max(is_staff), 'staff', max(is_bot), 'bot', max(is_rival), 'rival', 'person'),
    argMaxIf(name, moment, name != ''),
    argMax(followers, moment),
    arraySort(groupUniqArray(source)),
    count(),
    countIf(is_original),
    groupBitmap(week),
    min(published_at),
    max(published_at),
    countIf(is_original AND has(acts, 'gives_recommendation')),
    countIf(is_original AND has(acts, 'asks_recommendation')),
    countIf(is_original AND has(acts, 'usage_tip')),
    countIf(is_original AND kind = 'review'),
    countIf(is_original AND has(topics, ideas_topic)),
    countIf(is_original AND has(acts, 'question')),
    countIf(is_original AND has(acts, 'complaint')),
    countIf(is_original AND has(acts, 'praise')),
    countIf(is_original AND sentiment = 'positive'),
    countIf(is_original AND sentiment = 'negative')
FROM
(
    WITH (SELECT text FROM value_settings FINAL WHERE name = 'ideas_topic') AS ideas
    SELECT
        author_id,
        published_at,
        -- In order of time; of the same millisecond, by a hash. One number is compared soonest.
        bitShiftLeft(toUInt64(toUnixTimestamp64Milli(published_at)), 20)
            + sipHash64(mention_id) % 1048576 AS moment,
        toString(kind) AS kind,
        toString(source) AS source,
        if(author_handle = '', author_name, author_handle) AS name,
        followers,
        author_role IN ('own', 'care', 'employee') AS is_staff,
        author_is_bot AS is_bot,
        author_role = 'rival' AS is_rival,
        /* original */ AS is_original,
        toUInt32(toRelativeWeekNum(published_at, 'UTC')) AS week,
        acts,
        topics,
        ideas AS ideas_topic,
        sentiment
    FROM mentions FINAL
)
GROUP BY author_id
