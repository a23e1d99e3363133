-- What certain inserts brought, for every filter at once: how many mentions came that it lets
-- through, and a sample of them, drawn by a hash. An edit or a re-run of rules is not counted. No
-- texts here: of twenty thousand a few are shown, and `live_sample` reads those.
SELECT
    number,
    count() AS came,
    arrayMap(one -> one.2, groupArraySorted(40)((cityHash64(mention_id), mention_id))) AS sample
FROM
(
    SELECT mention_id, lang, source, brands, topics, intent, intent_active, intent_latent
    FROM mentions
    WHERE stored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND (kafka_partition, toUnixTimestamp64Milli(stored_at)) IN ({arrivals:Array(Tuple(UInt32, Int64))})
        AND counted
        AND NOT is_deleted
)
ARRAY JOIN
    {number:Array(UInt16)} AS number,
    {brand:Array(String)} AS wanted_brand,
    {topic:Array(String)} AS wanted_topic,
    {lang:Array(String)} AS wanted_lang,
    {source:Array(String)} AS wanted_source,
    {intent_only:Array(UInt8)} AS wants_intent,
    {least:Array(Float32)} AS least
WHERE (wanted_brand = '' OR has(brands, wanted_brand))
    AND (wanted_topic = '' OR has(topics, wanted_topic))
    AND (wanted_lang = '' OR lang = wanted_lang)
    AND (wanted_source = '' OR source = wanted_source)
    AND (NOT wants_intent OR intent != 'none')
    AND (
        least = 0
        OR intent != 'none' AND if(intent = 'active', intent_active, intent_latent) >= least
    )
GROUP BY number
