-- Which accounts are one person's, as an operator said; the newest word on an account holds, and an
-- empty person takes it back. Nobody is linked by guess.
CREATE TABLE IF NOT EXISTS account_links
(
    author_id String,
    person String,
    linked_by String,
    linked_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (author_id, linked_at)
SETTINGS non_replicated_deduplication_window = 30000;

-- Promise: each person once, linked accounts together, with the networks they speak in, their
-- communities and how much they said. A person without links is an account; the newest run's people.
-- Seed: "Part of several networks".
CREATE VIEW IF NOT EXISTS part_of_networks AS
SELECT
    if(l.person != '', l.person, v.author_id) AS person,
    toUInt32(count()) AS accounts,
    arraySort(groupUniqArray(v.handle)) AS handles,
    arraySort(groupUniqArrayArray(arrayMap(source -> toString(source), v.sources))) AS networks,
    arraySort(arrayFilter(community -> community > 0, groupUniqArray(m.community))) AS communities,
    sum(v.mentions) AS mentions
FROM
(
    SELECT author_id, handle, sources, mentions
    FROM value_voices
    WHERE run = (SELECT max(run) FROM value_runs) AND kind = 'person'
) AS v
LEFT JOIN
(
    SELECT author_id, argMax(person, linked_at) AS person FROM account_links GROUP BY author_id
) AS l ON l.author_id = v.author_id
LEFT JOIN
(
    SELECT author_id, community FROM value_members WHERE run = (SELECT max(run) FROM value_runs)
) AS m ON m.author_id = v.author_id
GROUP BY person;
