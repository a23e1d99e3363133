SELECT source FROM mentions_hourly GROUP BY source ORDER BY sum(mentions) DESC, source LIMIT 100
