-- What a person should look at: series far from the first week of their model, and chances that
-- do not come true, the newest first.
SELECT
    day,
    what,
    if(f.scope = 'all', '', f.scope) AS scope,
    if(f.scope != 'all' AND f.name = '', '?', f.name) AS name,
    changed,
    distance,
    by_chance,
    counted,
    model_version
FROM
(
    SELECT
        day,
        toString(what) AS what,
        toString(scope) AS scope,
        toString(name) AS name,
        arrayStringConcat(
            arrayMap(
                one -> concat(
                    if(one.1 = '', '—', one.1), ' ', toString(round(100 * one.2)), ' % → ',
                    toString(round(100 * one.3)), ' %'
                ),
                moved
            ),
            '; '
        ) AS changed,
        psi AS distance,
        noise AS by_chance,
        draws AS counted,
        toString(model_version) AS model_version
    FROM model_drift FINAL
    WHERE is_alarm AND day BETWEEN toDate($__fromTime) AND toDate($__toTime)
    UNION ALL
    SELECT
        day,
        concat('calibration_', head) AS what,
        toString(scope) AS scope,
        toString(name) AS name,
        '' AS changed,
        ece AS distance,
        noise AS by_chance,
        toUInt64(labels) AS counted,
        toString(model_version) AS model_version
    FROM model_calibration FINAL
    WHERE is_alarm AND day BETWEEN toDate($__fromTime) AND toDate($__toTime)
) AS f
ORDER BY day DESC, distance DESC, what, scope, name
LIMIT 200
