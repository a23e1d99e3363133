"""Two ClickHouses that are replicas of each other, and the Keeper between them."""
