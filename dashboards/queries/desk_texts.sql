-- What was said in mentions of the last month, by their ids.
SELECT
    mention_id, text, lang, url, parent_text, published_at, intent, stage, sentiment, acts,
    intent_words
FROM mentions FINAL
WHERE published_at > now() - INTERVAL 31 DAY AND mention_id IN ({ids:Array(String)})
