SELECT currency FROM referral_months GROUP BY currency ORDER BY sum(orders) DESC, currency LIMIT 50
