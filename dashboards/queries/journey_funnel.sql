SELECT
    cohort,
    voiced_intent,
    had_contact / voiced_intent AS had_contact,
    considered / voiced_intent AS considered,
    decided / voiced_intent AS decided,
    bought / voiced_intent AS bought,
    used / voiced_intent AS used,
    advocated / voiced_intent AS advocated
FROM journey_cohorts
WHERE $__dateFilter(cohort)
ORDER BY cohort DESC
LIMIT 26
