-- A row for each source, so that an alarm says which.
SELECT toString(producer) AS source, toUInt8(state = 'stalled') AS stalled FROM producer_states
