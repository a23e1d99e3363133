-- The words that argued most for the intent of a mention, strongest first; none where the intent is
-- none, or was judged by a model that cannot tell. Words as written, in lower case; no handles.
ALTER TABLE mentions
    ADD COLUMN IF NOT EXISTS intent_words Array(String);
