-- Mentions of the period as they stand: edited ones by their newest text, without those that were
-- taken back. With chosen brands, a mention of two of them counts for each. `net` leaves out what is
-- a copy of another mention. Whole hours come from heard_by_hour; from the mentions themselves come
-- the ends of the period, the hours that it does not know yet, what was stored since, and all of it
-- where no hours will do: minutes are asked for, or both a brand and a topic, or several topics.
NOT by_minutes
    AND ('*' IN (${brand:singlequote}) OR '*' IN (${topic:singlequote}))
    AND length([${topic:singlequote}]) = 1 AS by_hours,
if(
    '*' IN (${brand:singlequote}), if('*' IN (${topic:singlequote}), 'all', 'topic'), 'brand'
) AS chosen_by,
-- include: hours,
counted AS
(
    SELECT
        toDateTime(h.hour) AS time,
        toString(h.source) AS source,
        toString(h.lang) AS lang,
        toString(h.intent) AS intent,
        toString(h.stage) AS stage,
        h.mentions AS mentions,
        h.net AS net
    FROM heard_by_hour AS h
    WHERE by_hours
        AND h.by = chosen_by
        AND h.hour >= hours_from AND h.hour < hours_to
        AND ('*' IN (${brand:singlequote}) OR h.name IN (${brand:singlequote}))
        AND ('*' IN (${topic:singlequote}) OR h.name IN (${topic:singlequote}))
        AND ('*' IN (${lang:singlequote}) OR h.lang IN (${lang:singlequote}))
        AND ('*' IN (${source:singlequote}) OR h.source IN (${source:singlequote}))
    UNION ALL
    SELECT
        toDateTime(m.published_at) AS time,
        toString(m.source) AS source,
        toString(m.lang) AS lang,
        toString(m.intent) AS intent,
        toString(m.stage) AS stage,
        toUInt64(if(
            '*' IN (${brand:singlequote}),
            1,
            arrayCount(brand -> brand IN (${brand:singlequote}), m.brands)
        )) AS mentions,
        if(m.is_copy, 0, mentions) AS net
    FROM
    (
-- include: fresh
    ) AS m
    WHERE '*' IN (${topic:singlequote}) OR hasAny(m.topics, [${topic:singlequote}])
)
