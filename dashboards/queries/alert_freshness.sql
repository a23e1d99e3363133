SELECT if(count() = 0, 0, dateDiff('second', max(stored_at), now())) AS age_sec FROM heartbeats
