-- The farthest series of each language, whatever it is of, day by day.
SELECT day AS time, if(name = '', '?', name) AS language, psi
FROM
(
    SELECT toDateTime(d.day) AS day, toString(name) AS name, max(psi) AS psi
    FROM model_drift AS d FINAL
    WHERE scope = 'lang' AND is_enough
        AND d.day BETWEEN toDate($__fromTime) AND toDate($__toTime)
    GROUP BY day, name
)
ORDER BY time, language
