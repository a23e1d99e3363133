SELECT lang FROM mentions_by_hour WHERE lang != '' GROUP BY lang ORDER BY sum(mentions) DESC, lang LIMIT 100
