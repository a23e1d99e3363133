-- What was said in mentions of the last month, by their ids; `products` are those of the listening
-- rules that a mention names, as the rules spell them: whole words, without case or accents.
WITH
(
    SELECT groupArray((name, concat(' ', trimBoth(replaceRegexpAll(
        translateUTF8(lowerUTF8(name), 'áéíóúüñ', 'aeiouun'), '[^\\p{L}\\p{N}]+', ' '
    )), ' ')))
    FROM listened_current
    WHERE section = 'product'
) AS spellings
SELECT
    mention_id, text, lang, url, parent_text, published_at, intent, stage, sentiment, acts,
    intent_words,
    arraySort(arrayMap(
        one -> one.1,
        arrayFilter(
            one -> position(
                concat(' ', replaceRegexpAll(
                    translateUTF8(lowerUTF8(text), 'áéíóúüñ', 'aeiouun'), '[^\\p{L}\\p{N}]+', ' '
                ), ' '),
                one.2
            ) > 0,
            spellings
        )
    )) AS products
FROM mentions FINAL
WHERE published_at > now() - INTERVAL 31 DAY AND mention_id IN ({ids:Array(String)})
