-- Promise: per community of three or more people what ties it together. Returning: spoke in more than
-- one week. Helping: answered another person who asked for something. Ties are those inside it.
-- Seeds: "Tres lecciones" (social capital, reciprocity), "10 puntos" 7 and 10 d. Unit: people, pairs.
INSERT INTO value_communities
SELECT
    {run:UInt64},
    p.community,
    b.brand,
    p.members,
    t.ties,
    t.mutual_ties,
    p.returning_members,
    p.helping_members,
    p.helps,
    p.to_brand,
    p.from_brand,
    p.members_answered_by_brand
FROM
(
    SELECT
        v.community AS community,
        count() AS members,
        countIf(v.weeks > 1) AS returning_members,
        countIf(v.helped > 0) AS helping_members,
        sum(v.helped) AS helps,
        sum(v.answers_to_brand) AS to_brand,
        sum(v.answers_from_brand) AS from_brand,
        countIf(v.answers_from_brand > 0) AS members_answered_by_brand
    FROM value_people AS v
    WHERE v.run = {run:UInt64} AND v.community > 0
    GROUP BY v.community
) AS p
LEFT JOIN
(
    SELECT m.community AS community, count() AS ties, countIf(t.is_mutual) AS mutual_ties
    FROM (SELECT * FROM value_ties WHERE run = {run:UInt64}) AS t
    INNER JOIN (SELECT * FROM value_members WHERE run = {run:UInt64}) AS m ON m.author_id = t.one
    INNER JOIN (SELECT * FROM value_members WHERE run = {run:UInt64}) AS n ON n.author_id = t.other
    WHERE m.community = n.community
    GROUP BY community
) AS t ON t.community = p.community
LEFT JOIN
(
    SELECT community, argMax(name, (said, name)) AS brand
    FROM
    (
        SELECT m.community AS community, v.brand AS name, count() AS said
        FROM
        (
            SELECT author_id, CAST(arrayJoin(brands), 'String') AS brand
            FROM mentions FINAL
            WHERE kind != 'repost'
        ) AS v
        INNER JOIN (SELECT * FROM value_members WHERE run = {run:UInt64}) AS m USING author_id
        GROUP BY community, name
    )
    GROUP BY community
) AS b ON b.community = p.community
