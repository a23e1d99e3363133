SELECT
    if(handle = '', author_id, handle) AS person,
    attention_given,
    knowledge_given,
    recommendations_given,
    orders_given,
    answers_received_from_brand,
    gestures_received,
    answers_received_from_people,
    reactions_received
FROM exchange_of_value
ORDER BY
    knowledge_given + recommendations_given + orders_given DESC,
    attention_given DESC,
    author_id
LIMIT 50
