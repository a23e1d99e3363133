-- People who are heard in more than one network: under one id, or as accounts that somebody linked.
SELECT
    arrayStringConcat(arrayFilter(handle -> handle != '', handles), ', ') AS person,
    accounts,
    arrayStringConcat(networks, ', ') AS network_names,
    length(communities) AS community_count,
    mentions
FROM part_of_networks
WHERE accounts > 1 OR length(networks) > 1
ORDER BY length(networks) DESC, mentions DESC, person
LIMIT 50
