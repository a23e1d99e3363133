SELECT
    if(handle = '', author_id, handle) AS person,
    followers,
    recommended,
    exposed_people,
    influenced_people,
    toFloat64(influenced_net) AS influenced_net_shown,
    toFloat64(net_low) AS net_low_shown,
    toFloat64(net_high) AS net_high_shown,
    unmatched
FROM influence_top
ORDER BY influenced_net DESC, influenced_people DESC, author_id
LIMIT 50
