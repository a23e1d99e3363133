-- Reads backwards from the newest minute and stops: no FINAL, which would merge the whole period
-- first, and small blocks, so that it stops soon. The newest version of a mention wins; a deleted
-- one is left out.
SELECT
    time, source, author, lang, text, intent, probability, stage, driving_words, url, mention_id
FROM
(
    SELECT
        published_at AS time,
        source,
        if(author_handle = '', author_name, author_handle) AS author,
        lang,
        leftUTF8(text, 500) AS text,
        intent,
        multiIf(
            intent = 'active', intent_active,
            intent = 'latent', intent_latent,
            1 - intent_active - intent_latent
        ) AS probability,
        stage,
        arrayStringConcat(intent_words, ', ') AS driving_words,
        url,
        mention_id,
        is_deleted
    FROM mentions
    WHERE $__timeFilter(published_at)
        AND ('*' IN (${brand:singlequote}) OR hasAny(brands, [${brand:singlequote}]))
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
    ORDER BY toStartOfMinute(published_at) DESC, published_at DESC, mention_id, version DESC
    LIMIT 1 BY mention_id
    LIMIT 100
)
WHERE is_deleted = 0
ORDER BY time DESC
LIMIT 50
SETTINGS max_block_size = 256
