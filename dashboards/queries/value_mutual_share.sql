SELECT sum(mutual_ties) / sum(ties) AS reciprocity FROM social_capital HAVING sum(ties) > 0
