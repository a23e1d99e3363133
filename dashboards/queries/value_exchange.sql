SELECT
    if(community = 0, '—', toString(community)) AS community_number,
    people,
    attention_given,
    knowledge_given,
    recommendations_given,
    orders_given,
    answers_received_from_brand,
    gestures_received
FROM exchange_top
ORDER BY people DESC, community
LIMIT 50
