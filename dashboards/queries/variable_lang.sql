SELECT lang FROM mentions_hourly WHERE lang != '' GROUP BY lang ORDER BY sum(mentions) DESC, lang LIMIT 100
