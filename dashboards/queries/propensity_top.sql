-- The author's own name for themselves is not kept there; who it is, the search shows.
SELECT
    author_id AS person,
    horizon_days AS days,
    probability AS chance,
    probability_low AS chance_from,
    probability_high AS chance_to,
    toString(status) AS known_by,
    toString(evidence) AS evidence,
    active_30d,
    latent_30d
FROM propensity_top
ORDER BY probability DESC NULLS LAST, strongest_30d DESC, active_30d DESC, person
LIMIT 50
