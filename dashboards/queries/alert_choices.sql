-- What there is to filter alerts by.
SELECT
    arraySort(groupUniqArray(500)(series)) AS series,
    arraySort(groupUniqArray(50)(lang)) AS langs
FROM alerts
