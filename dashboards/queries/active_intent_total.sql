WITH
-- include: window
-- include: counted
SELECT sumIf(mentions, intent = 'active') AS active FROM counted
