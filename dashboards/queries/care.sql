-- What waits for a reply as the console lists it: by the time it is due.
SELECT
    source, mention_id, author_id, author_handle, asked_at, due_at, is_overdue, needs_reply,
    addressed, account, sentiment, brands, topics, lang, reopens, version, owner, status, note
FROM care_queue
WHERE multiIf({show:String} = 'open', status = 'open', {show:String} = 'closed', status != 'open', 1)
    AND ({kind:String} = '' OR if({kind:String} = 'addressed', addressed, needs_reply))
    AND ({owner:String} = '' OR owner = if({owner:String} = '-', '', {owner:String}))
    AND ({brand:String} = '' OR has(brands, {brand:String}))
    AND ({subject:String} = '' OR mention_id = {subject:String} AND source = {source:String})
ORDER BY status = 'open' DESC, due_at, source, mention_id
LIMIT {limit:UInt32}
