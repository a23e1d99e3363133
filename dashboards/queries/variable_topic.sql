SELECT arrayJoin(topics) AS topic FROM mentions WHERE notEmpty(topics) GROUP BY topic ORDER BY count() DESC, topic LIMIT 500
