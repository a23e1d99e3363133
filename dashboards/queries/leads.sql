-- The lead queue as the console lists it: open first, then the strongest and freshest.
SELECT
    source, author_id, author_handle, lead_kind, best_id, brands, topics, strength, open_evidence,
    all_evidence, evidence_ids, first_at, last_at, version, owner, note, status, is_open, due_at,
    is_overdue
FROM leads
WHERE multiIf({show:String} = 'open', is_open, {show:String} = 'closed', NOT is_open, 1)
    AND ({kind:String} = '' OR lead_kind = {kind:String})
    AND ({owner:String} = '' OR owner = if({owner:String} = '-', '', {owner:String}))
    AND ({brand:String} = '' OR has(brands, {brand:String}))
    AND ({subject:String} = '' OR author_id = {subject:String} AND source = {source:String})
ORDER BY is_open DESC, strength DESC, last_at DESC, source, author_id
LIMIT {limit:UInt32}
