SELECT uniqExact(author_id) AS customers FROM orders FINAL WHERE amount > 0
