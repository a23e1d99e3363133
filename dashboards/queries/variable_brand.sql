SELECT arrayJoin(brands) AS brand FROM mentions WHERE notEmpty(brands) GROUP BY brand ORDER BY count() DESC, brand LIMIT 500
