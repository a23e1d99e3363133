        -- What heard_by_hour does not have, or all of the period.
        SELECT
            published_at, lang, source, intent, stage, brands, topics,
            mention_id IN
            (
                SELECT mention_id FROM near_duplicates_by_time FINAL
                WHERE $__timeFilter(published_at) AND original != mention_id
            ) AS is_copy
        FROM mentions FINAL
        WHERE $__timeFilter(published_at)
            AND (published_at < hours_from OR published_at >= hours_to)
            AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
            AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        UNION ALL
        -- Said in those hours, stored after they were counted; corrections wait for the next count.
        SELECT
            published_at, lang, source, intent, stage, brands, topics,
            mention_id IN
            (
                SELECT mention_id FROM near_duplicates_by_time FINAL
                WHERE $__timeFilter(published_at) AND original != mention_id
            ) AS is_copy
        FROM mentions
        WHERE by_hours
            AND stored_at > hours_as_of
            AND counted = 1 AND NOT is_deleted
            AND published_at >= hours_from AND published_at < hours_to
            AND ('*' IN (${lang:singlequote}) OR lang IN (${lang:singlequote}))
            AND ('*' IN (${source:singlequote}) OR source IN (${source:singlequote}))
        LIMIT 1 BY mention_id
