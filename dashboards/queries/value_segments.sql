SELECT toString(segment) AS segment, count() AS people
FROM social_rating
GROUP BY segment
ORDER BY people DESC, segment
