-- How often the model in shadow said something else in the last seven days.
SELECT
    lang, sum(mentions) AS mentions, sum(intent_differs) AS other_intent,
    sum(active_in_force) AS active_in_force, sum(active_in_shadow) AS active_in_shadow
FROM shadow_disagreement
WHERE day >= today() - 7 AND startsWith(model_version, {version:String})
GROUP BY lang
ORDER BY mentions DESC
LIMIT 20
