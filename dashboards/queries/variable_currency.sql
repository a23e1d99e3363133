SELECT currency FROM orders_valued GROUP BY currency ORDER BY count() DESC, currency LIMIT 50
