SELECT countIf(state = 'stalled') AS stalled FROM producer_states
