-- Who speaks for a brand, ours or a rival's, is no person: the accounts of rivals leave the figures
-- below, in which they were counted as people. What is kept of them (engagement_weeks, campaign_days,
-- experience_days, interests_top) is nothing but the answer of its view: the next refresh, within ten
-- minutes, counts the whole past anew, so weeks of long ago change a little where rivals wrote much.
-- Reports that were made keep the figures they were made with. What each view promises is said where
-- it was first made.

CREATE OR REPLACE VIEW engagement_weeks_now AS
WITH
    answers AS
    (
        SELECT
            source,
            parent_id,
            if(root_id = '', parent_id, root_id) AS root,
            parent_author_id,
            author_id,
            author_role,
            brands,
            published_at
        FROM mentions FINAL
        WHERE kind IN ('reply', 'comment') AND parent_id != ''
    ),
    talks AS
    (
        SELECT
            t.source AS source,
            toMonday(t.began_at, 'UTC') AS week,
            arrayDistinct(arrayConcat([''], t.brands, r.brands)) AS about,
            c.depth AS depth
        FROM conversation_depth AS c
        INNER JOIN
        (
            SELECT
                root,
                any(source) AS source,
                groupUniqArrayArray(arrayMap(b -> toString(b), brands)) AS brands,
                min(published_at) AS began_at
            FROM answers
            GROUP BY root
        ) AS t ON t.root = c.root_id
        LEFT JOIN
        (
            SELECT mention_id, arrayMap(b -> toString(b), brands) AS brands
            FROM mentions FINAL
            WHERE notEmpty(brands) AND mention_id IN (SELECT root FROM answers)
        ) AS r ON r.mention_id = c.root_id
    ),
    speakers AS
    (
        SELECT
            source,
            arrayJoin(arrayConcat([''], arrayMap(b -> toString(b), brands))) AS brand,
            author_id,
            groupUniqArray(toMonday(published_at, 'UTC')) AS weeks,
            arrayMin(weeks) AS first_week
        FROM mentions FINAL
        WHERE author_role = ''
        GROUP BY source, brand, author_id
    ),
    answered AS
    (
        SELECT
            a.source AS source,
            arrayJoin(arrayConcat([''], arrayMap(b -> toString(b), a.brands))) AS brand,
            a.author_id AS author_id,
            if(a.parent_author_id != '', a.parent_author_id, p.author_id) AS answered_id,
            a.published_at AS at
        FROM answers AS a
        LEFT JOIN
        (
            SELECT mention_id, author_id
            FROM mentions FINAL
            WHERE mention_id IN (SELECT parent_id FROM answers WHERE parent_author_id = '')
        ) AS p ON p.mention_id = a.parent_id
        WHERE a.author_role = ''
            AND answered_id != '' AND answered_id != author_id
            AND (source, answered_id) NOT IN
                (SELECT source, author_id FROM mentions FINAL WHERE author_role != '')
    ),
    pairs AS
    (
        SELECT
            source,
            brand,
            least(author_id, answered_id) AS one,
            greatest(author_id, answered_id) AS other,
            groupUniqArray(toMonday(at, 'UTC')) AS weeks,
            minIf(at, author_id = one) AS one_at,
            minIf(at, author_id = other) AS other_at,
            uniqExact(author_id) = 2 AS is_mutual,
            greatest(one_at, other_at) AS mutual_at
        FROM answered
        GROUP BY source, brand, one, other
    )
SELECT
    week,
    source,
    brand,
    sum(conversations_) AS conversations,
    sum(depth_) AS depth,
    sum(deep_) AS deep,
    sum(authors_) AS authors,
    sum(returning_) AS returning_authors,
    sum(pairs_) AS pairs,
    sum(mutual_) AS mutual_pairs
FROM
(
    SELECT
        week, toString(source) AS source, arrayJoin(about) AS brand, 1 AS conversations_,
        depth AS depth_, depth >= 2 AS deep_, 0 AS authors_, 0 AS returning_, 0 AS pairs_,
        0 AS mutual_
    FROM talks
    UNION ALL
    SELECT
        arrayJoin(weeks) AS week, toString(source), brand, 0, 0, 0, 1, week > first_week, 0, 0
    FROM speakers
    UNION ALL
    SELECT
        arrayJoin(weeks) AS week, toString(source), brand, 0, 0, 0, 0, 0, 1,
        is_mutual AND mutual_at < toDateTime64(week + 7, 3, 'UTC')
    FROM pairs
)
GROUP BY week, source, brand;

-- `said` is what people said: neither the brand, which is `published`, nor rivals, who are neither.
ALTER TABLE campaign_days_view MODIFY QUERY
SELECT
    toDate(published_at, 'UTC') AS day,
    arrayJoin(if(empty(campaigns), [''], campaigns)) AS campaign,
    source,
    lang,
    countIf(is_person) AS said,
    countIf(is_brand) AS published,
    countIf(is_own) AS own_words,
    countIf(is_own AND has_intent) AS intent,
    countIf(is_own AND sentiment = 'positive') AS positive,
    countIf(is_own AND sentiment = 'negative') AS negative,
    countIf(is_own AND gives_recommendation) AS recommending
FROM
(
    SELECT
        published_at,
        campaigns,
        source,
        lang,
        sentiment,
        intent IN ('latent', 'active') AS has_intent,
        has(acts, 'gives_recommendation') AS gives_recommendation,
        author_role = '' AS is_person,
        author_role IN ('own', 'care', 'employee') AS is_brand,
        is_person AND NOT author_is_bot AND kind != 'repost' AND spam < 0.5
            AND mention_id NOT IN
                (SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id) AS is_own
    FROM mentions FINAL
)
GROUP BY day, campaign, source, lang;

CREATE OR REPLACE VIEW experiences_told AS
WITH
    concat(
        '(?:herman[oa]s?|madre|padres?|mama|papa|novi[oa]s?|marido|mujer|espos[oa]|',
        'pareja|amig[oa]s?|colegas?|prim[oa]s?|ti[oa]s?|abuel[oa]s?|hij[oa]s?|',
        'suegr[oa]s?|cunad[oa]s?|vecin[oa]s?|companer[oa]s?|jef[ea]s?|sobrin[oa]s?|',
        'conocid[oa]s?|familiar(?:es)?)'
    ) AS people_es,
    arrayStringConcat([
        concat('(?:^|[.,:!?(\\"]|\\b(?:que|y|pero|porque|como|ya|cuando|si|hasta|ayer|hoy|anoche|tambien|pues)) ?(?:mis?|nuestr[oa]s?|un[oa]s?) ', people_es, '\\b'),
        concat('\\b(?:a|de) (?:mis?|un[oa]s?|nuestr[oa]s?) ', people_es, '\\b'),
        '\\bla madre de mis hij',
        concat('\\bun[oa]s? ', people_es, ' mi[oa]s?\\b'),
        '\\b(?:se dice|dicen por ahi|cuentan por ahi) que\\b',
        '\\b(?:la gente|todo el mundo|todos|algunos|muchos|otros) (?:dicen?|cuentan?|se quejan?|hablan?|comentan?)\\b',
        '\\bque me cuentan\\b',
        '\\b(?:he|hemos) (?:leido|oido) (?:que|much[ao]s|buen|mal|rese|opinion|coment)',
        '\\b(?:lei|oi) (?:que|rese|opinion|coment)',
        '\\b(?:he|hemos) visto (?:much[ao]s |mal[ao]s |buen[ao]s )?(?:rese|opinion|coment|quejas)',
        '\\bsegun (?:dicen|cuentan|las? (?:rese|opinion|review|critic)|los? coment)',
        '\\bconozco (?:a )?(?:gente|alguien|vari[oa]s|much[oa]s|un[oa]?|quien)\\b',
        '\\bme (?:han hablado|hablaron) (?:muy )?(?:bien|mal|maravillas|pestes)',
        '\\btienen? (?:muy )?(?:buen|mal)[ao]s (?:rese|opinion|critic)'
    ], '|') AS others_es,
    concat(
        '(?:sister|brother|mom|mum|mother|dad|father|parents|wife|husband|hubby|',
        'boyfriend|girlfriend|bf|gf|fiancee?|partner|friends?|buddy|bestie|mate|roommate|',
        'flatmate|co-?workers?|colleagues?|boss|sons?|daughters?|kids?|cousins?|aunt|',
        'uncle|grandm[ao]\\w*|grandpa|neighbou?rs?|niece|nephew|(?:mother|father|brother|',
        'sister)-in-law|in-laws)'
    ) AS people_en,
    arrayStringConcat([
        concat('(?:^|[.,:!?(\\"]|\\b(?:that|but|because|so|when|if|is|today|now|while|how|left|told|tell|watch|saw|helped|treat|treated|stranded|lost|charged|kicked)) ?(?:my|our) (?:\\w+ )?', people_en, '\\b'),
        '\\ba friend (?:of mine|who|has|had|bought|got|told|says|said|was|is)\\b',
        '(?:^|[.,:!?(\\"] ?)(?:mother|mom|wife|husband|daughter|son|sister|brother|friend)s? (?:and|is|was|are|has|had|just|got|bought|stuck)\\b',
        concat('\\b(?:my|our) ', people_en, '(?:\'s| (?:just|has|had|have|is|was|are|were|got|bought|uses?|loves?|hates?|flew|missed|lost|can\'t|cannot|says?|said))\\b'),
        '\\bfriends? of mine\\b',
        '\\b(?:someone|somebody|people|anyone) i know\\b',
        '\\bi know (?:people|someone|somebody|folks) who\\b',
        '\\bheard (?:that|good|great|bad|nothing but|horrible|so many)\\b',
        '\\b(?:people|folks|customers|others|reviewers|passengers) (?:say|keep saying|are saying|complain\\w*|report\\w*)\\b',
        '\\b(?:everyone|everybody) (?:says|keeps saying|complains|loves|hates)\\b',
        '\\b(?:reviews?|ratings) (?:say|says|said|are|look|seem) (?:it|that|good|great|bad|giving|mixed|positive|negative|terrible|excellent)',
        '\\baccording to (?:\\w+ ){0,2}(?:reviews?|friends?|people|users?)\\b',
        '\\b(?:i|we|i\'ve|have|i\'d) read (?:that|(?:\\w+ ){0,2}reviews?)\\b',
        '\\b(?:s?he) (?:was|is|has been|got) (?:put|told|stuck|stranded|left|charged|on hold|delayed)\\b',
        '\\bthis (?:guy|man|woman|lady|family|couple) (?:has|was|is|had)\\b'
    ], '|') AS others_en,
    translateUTF8(lowerUTF8(text), 'áéíóúüñ’', 'aeiouun\'') AS plain
SELECT
    mention_id,
    source,
    author_id,
    published_at,
    lang,
    brands,
    sentiment,
    if(if(lang = 'es', match(plain, others_es), match(plain, others_en)), 'others', 'own') AS whose
FROM mentions FINAL
WHERE stage IN ('use', 'advocacy') AND notEmpty(brands) AND lang IN ('es', 'en')
    AND kind != 'repost' AND spam < 0.5 AND NOT author_is_bot
    AND author_role = ''
    AND mention_id NOT IN
    (
        SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id
    );

CREATE OR REPLACE VIEW returning_authors AS
SELECT
    brand,
    week,
    count() AS authors,
    countIf(week > first_week) AS returning_authors,
    countIf(week = first_week) AS new_authors
FROM
(
    SELECT
        brand,
        week,
        author_id,
        min(week) OVER (PARTITION BY brand, author_id) AS first_week
    FROM
    (
        SELECT DISTINCT
            arrayJoin(brands) AS brand,
            toMonday(published_at, 'UTC') AS week,
            author_id
        FROM mentions FINAL
        WHERE author_role = ''
    )
)
GROUP BY brand, week;

-- Pairs of people: whoever answers a brand, or is answered by one, is counted in social_capital.
CREATE OR REPLACE VIEW reciprocity AS
SELECT
    brand,
    count() AS pairs,
    countIf(directions = 2) AS mutual_pairs,
    mutual_pairs / pairs AS reciprocity
FROM
(
    SELECT
        brand,
        least(author_id, answered_id) AS one,
        greatest(author_id, answered_id) AS other,
        uniqExact(author_id) AS directions
    FROM
    (
        SELECT
            r.source AS source,
            arrayJoin(r.brands) AS brand,
            r.author_id AS author_id,
            if(r.parent_author_id != '', r.parent_author_id, p.author_id) AS answered_id
        FROM mentions AS r FINAL
        LEFT JOIN
        (
            SELECT mention_id, author_id FROM mentions FINAL
        ) AS p ON p.mention_id = r.parent_id
        WHERE r.kind IN ('reply', 'comment') AND r.author_role = ''
    )
    WHERE answered_id != '' AND answered_id != author_id
        AND (source, answered_id) NOT IN
            (SELECT source, author_id FROM mentions FINAL WHERE author_role != '')
    GROUP BY brand, one, other
)
GROUP BY brand;

CREATE OR REPLACE VIEW author_interests AS
SELECT
    source,
    author_id,
    interest,
    count() AS mentions,
    max(at) AS last_at,
    arrayMap(pair -> pair.2, arraySlice(arrayReverseSort(groupArray((at, id))), 1, 5)) AS evidence
FROM
(
    SELECT
        source,
        author_id,
        arrayJoin(interests) AS interest,
        published_at AS at,
        mention_id AS id
    FROM mentions FINAL
    WHERE empty(brands) AND kind != 'repost' AND author_role = ''
)
GROUP BY source, author_id, interest;

-- The newest mention that says so; its text is read where it is stored, so it is gone when that is.
ALTER TABLE interests_top
    ADD COLUMN IF NOT EXISTS newest_id String;
ALTER TABLE interests_top_view MODIFY QUERY
SELECT
    r.author_id AS author_id,
    toString(i.interest) AS interest,
    sum(i.mentions) AS mentions,
    max(i.last_at) AS last_at,
    max(r.rating) AS rating,
    argMax(i.evidence[1], (i.last_at, i.evidence[1])) AS newest_id
FROM ratings_top AS r
INNER JOIN
(
    SELECT author_id, interest, mentions, last_at, evidence
    FROM author_interests
    WHERE author_id IN (SELECT author_id FROM ratings_top)
) AS i ON i.author_id = r.author_id
GROUP BY author_id, interest;
