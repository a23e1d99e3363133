-- Mentions of the period by time, lang, intent and stage. With chosen brands, a mention of two of
-- them counts for each.
counted AS
(
    SELECT hour AS time, lang, intent, stage, mentions
    FROM mentions_hourly
    WHERE hour >= first_hour AND hour < end_hour
        AND '*' IN (${brand:singlequote})
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    UNION ALL
    SELECT hour AS time, lang, intent, stage, mentions
    FROM brand_mentions_hourly
    WHERE hour >= first_hour AND hour < end_hour
        AND brand IN (${brand:singlequote})
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
    UNION ALL
    SELECT
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
        AND (published_at < first_hour OR published_at >= end_hour)
        AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
)
