-- Mentions of the period as they stand: edited ones by their newest text, without those that were
-- taken back. With chosen brands, a mention of two of them counts for each.
counted AS
(
    SELECT
        mention_id,
        published_at AS time,
        lang,
        intent,
        stage,
        toUInt64(if(
            '*' IN (${brand:singlequote}),
            1,
            arrayCount(brand -> brand IN (${brand:singlequote}), brands)
        )) AS mentions
    FROM mentions FINAL
    WHERE $__timeFilter(published_at)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        AND ('*' IN (${topic:singlequote}) OR hasAny(topics, [${topic:singlequote}]))
)
