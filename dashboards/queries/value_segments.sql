SELECT toString(name) AS segment, toUInt64(number) AS people
FROM people_figures
WHERE what = 'segment'
ORDER BY people DESC, segment
