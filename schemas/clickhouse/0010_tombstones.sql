-- A dead letter keeps whether its record had no key or no value at all, so that it can be sent back
-- as it came. What was stored before stays empty; it cannot be told any more.
ALTER TABLE dead_letters
    MODIFY COLUMN key Nullable(String),
    MODIFY COLUMN value Nullable(String);
