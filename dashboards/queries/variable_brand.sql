SELECT brand FROM brand_mentions_hourly WHERE brand != '' GROUP BY brand ORDER BY sum(mentions) DESC, brand LIMIT 500
