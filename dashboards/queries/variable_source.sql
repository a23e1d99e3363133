SELECT source FROM mentions_by_hour GROUP BY source ORDER BY sum(mentions) DESC, source LIMIT 100
