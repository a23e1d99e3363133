-- Its counts are in mentions_by_hour now.
DROP TABLE IF EXISTS mentions_hourly;
