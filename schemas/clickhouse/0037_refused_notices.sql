-- What a receiver refuses for good no longer holds up what comes after it: since when it has been
-- refused, and when it was passed by. NULL in both: it is tried until it arrives.
ALTER TABLE alert_faults
    ADD COLUMN IF NOT EXISTS refused_at Nullable(DateTime64(3, 'UTC'));
ALTER TABLE alert_faults
    ADD COLUMN IF NOT EXISTS passed_at Nullable(DateTime64(3, 'UTC'));
