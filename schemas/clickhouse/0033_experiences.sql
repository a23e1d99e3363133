-- Promise: each mention that tells an experience with a brand, and whose. It tells one where the
-- model puts its author in the stage `use` or `advocacy` and it names a brand; `whose` is 'others'
-- where the words say that it happened (also) to somebody else or was heard from others, else 'own'.
-- In Spanish and English, by the words below, without accents; of other languages nothing is said.
-- Neither reposts, copies, likely spam, bots nor the brand's own people. Seed: "Cómo crear
-- experiencias de cliente", direct or through the experience of others. How right it is:
-- streams/signals/journeys/README.md.
CREATE VIEW IF NOT EXISTS experiences_told AS
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
    AND author_role NOT IN ('own', 'care', 'employee')
    AND mention_id NOT IN
    (
        SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id
    );

-- The same per day (UTC), brand, network and language, kept for panels.
CREATE TABLE IF NOT EXISTS experience_days
(
    day Date,
    brand LowCardinality(String),
    source LowCardinality(String),
    lang LowCardinality(String),
    whose LowCardinality(String),
    mentions UInt64,
    positive UInt64,
    negative UInt64
)
ENGINE = MergeTree
ORDER BY (day, brand, source, lang, whose)
SETTINGS non_replicated_deduplication_window = 100;

CREATE MATERIALIZED VIEW IF NOT EXISTS experience_days_view
REFRESH EVERY 10 MINUTE RANDOMIZE FOR 1 MINUTE TO experience_days AS
SELECT
    toDate(published_at, 'UTC') AS day,
    arrayJoin(brands) AS brand,
    source,
    lang,
    whose,
    count() AS mentions,
    countIf(sentiment = 'positive') AS positive,
    countIf(sentiment = 'negative') AS negative
FROM experiences_told
GROUP BY day, brand, source, lang, whose;
