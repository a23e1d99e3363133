-- include: engagement,
chosen AS
(
    SELECT * FROM engaged WHERE if('*' IN (${brand:singlequote}), brand = '', brand IN (${brand:singlequote}))
)
