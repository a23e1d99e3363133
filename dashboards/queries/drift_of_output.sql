-- How far each day is from the first week of its model, in what the model is saying. Where two models
-- judged on one day, that of the one that more voices were heard by.
SELECT day AS time, what, psi
FROM
(
    SELECT toDateTime(d.day) AS day, what, argMax(psi, draws) AS psi
    FROM model_drift AS d FINAL
    WHERE scope = 'all' AND kind = 'output' AND is_enough
        AND d.day BETWEEN toDate($__fromTime) AND toDate($__toTime)
    GROUP BY day, what
)
ORDER BY time, what
