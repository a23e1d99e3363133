"""The value of a social customer: influence, referrals, bonds, communities, coherence."""
