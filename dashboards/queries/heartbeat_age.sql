SELECT if(count() = 0, NULL, dateDiff('second', max(stored_at), now())) AS age_sec FROM heartbeats
