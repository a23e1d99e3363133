-- The newest calibration on fresh labels that the period knows of each model, question and place.
SELECT
    toString(c.head) AS head,
    if(c.scope = 'all', '', toString(c.scope)) AS scope,
    if(c.scope != 'all' AND c.name = '', '?', toString(c.name)) AS name,
    c.labels AS labels,
    c.ece AS ece,
    c.ece_low AS ece_low,
    c.ece_high AS ece_high,
    c.noise AS by_chance,
    if(c.head = 'stage', NULL, c.precision) AS precision,
    if(c.head = 'stage', NULL, c.precision_low) AS precision_from,
    if(c.head = 'stage', NULL, c.precision_high) AS precision_to,
    if(c.head = 'stage', NULL, c.recall) AS recall,
    if(c.head = 'stage', NULL, c.recall_low) AS recall_from,
    if(c.head = 'stage', NULL, c.recall_high) AS recall_to,
    c.is_alarm AS is_alarm,
    toString(c.model_version) AS model_version
FROM
(
    SELECT *
    FROM model_calibration FINAL
    WHERE day BETWEEN toDate($__fromTime) AND toDate($__toTime)
    ORDER BY day DESC
    LIMIT 1 BY model_version, head, scope, name
) AS c
ORDER BY model_version DESC, c.scope != 'all', scope, labels DESC, head
LIMIT 100
