-- Why rules were changed, in the words of who changed them.
ALTER TABLE rule_versions ADD COLUMN IF NOT EXISTS reason String DEFAULT '';
