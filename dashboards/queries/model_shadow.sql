-- Which model should be in shadow, since when and by whom; an empty version is none.
SELECT version, since, set_by FROM shadow_models ORDER BY since DESC, version DESC LIMIT 1
