SELECT
    if(handle = '', author_id, handle) AS customer,
    structural,
    emotional,
    financial,
    social
FROM bonds_top
ORDER BY structural + emotional + financial + social DESC, author_id
LIMIT 50
