SELECT
    community,
    brand,
    members,
    ties,
    reciprocity,
    returning_share,
    helping_share,
    brand_reciprocity
FROM social_capital
ORDER BY community
LIMIT 50
