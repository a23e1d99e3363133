-- Counts by hour of the last 100 days for panels, by what people choose: all mentions, or those of a
-- brand, or of a topic; a mention of two brands is counted under each. As the mentions stand: edited
-- ones by their newest text, without what was taken back; `net` leaves out what is a copy of another
-- mention. Made anew every ten minutes from stored rows, so nothing is ever added to it and a replay
-- or an erasure corrects it. Panels add what the table cannot know yet (dashboards/queries/parts/
-- counted.sql): mentions from the hour of `as_of` on, and older ones that were stored after it. An
-- insert carries the moment it began and shows itself when it ends, within a minute: so `as_of` lies
-- two minutes back, and mentions that are newer here are left to the panels.
-- `stage` is '' except where `by` is 'all'; else there would be a row for nearly every mention.
CREATE TABLE IF NOT EXISTS heard_by_hour
(
    by LowCardinality(String), -- all, brand, topic
    hour DateTime('UTC'),
    name LowCardinality(String),
    source LowCardinality(String),
    lang LowCardinality(String),
    intent LowCardinality(String),
    stage LowCardinality(String),
    mentions UInt64,
    net UInt64,
    as_of DateTime64(3, 'UTC'),
    counted_from DateTime('UTC') -- the first hour that is counted
)
ENGINE = MergeTree
ORDER BY (by, hour, name, source, lang, intent, stage)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS heard_by_hour_view
REFRESH EVERY 10 MINUTE TO heard_by_hour AS
WITH
    now64(3, 'UTC') - INTERVAL 2 MINUTE AS this_moment,
    toStartOfHour(toDateTime(this_moment, 'UTC') - INTERVAL 100 DAY, 'UTC') AS first_hour
SELECT
    one.1 AS by,
    toStartOfHour(toDateTime(published_at, 'UTC'), 'UTC') AS hour,
    one.2 AS name,
    source,
    lang,
    intent,
    if(by = 'all', stage, '') AS stage,
    count() AS mentions,
    countIf(is_net) AS net,
    this_moment AS as_of,
    first_hour AS counted_from
FROM
(
    SELECT
        published_at,
        source,
        lang,
        intent,
        stage,
        mention_id NOT IN
        (
            SELECT mention_id
            FROM near_duplicates FINAL
            WHERE original != mention_id AND published_at >= now() - INTERVAL 101 DAY
        ) AS is_net,
        arrayJoin(arrayConcat(
            [('all', '')],
            arrayMap(brand -> ('brand', toString(brand)), brands),
            arrayMap(topic -> ('topic', toString(topic)), topics)
        )) AS one
    FROM mentions FINAL
    WHERE published_at >= first_hour
        AND NOT (counted = 1 AND stored_at > this_moment)
        AND mention_id NOT IN -- edited since: the newest version hides that the first one is new
        (
            SELECT mention_id FROM mentions WHERE stored_at > this_moment AND counted = 1
        )
)
GROUP BY by, hour, name, source, lang, intent, stage
SETTINGS max_bytes_before_external_group_by = 400000000;
