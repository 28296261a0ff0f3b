"""Two years of a studio's books, written straight into the tables."""
