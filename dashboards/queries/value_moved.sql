-- People who ordered after a recommendation, less those who would have done so anyway.
SELECT toFloat64(sum(influenced_net)) AS moved FROM influence
