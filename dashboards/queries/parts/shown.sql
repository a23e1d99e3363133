    mention_id,
    source,
    if(author_handle = '', author_name, author_handle) AS author,
    leftUTF8(text, 2000) AS text,
    leftUTF8(parent_text, 300) AS parent_text,
    lang,
    brands,
    topics,
    intent,
    multiIf(
        intent = 'active', intent_active,
        intent = 'latent', intent_latent,
        1 - intent_active - intent_latent
    ) AS probability,
    stage,
    intent_words,
    url,
    published_at
