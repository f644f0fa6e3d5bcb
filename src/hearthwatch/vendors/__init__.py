"""A Device answers: clients of the cameras' own doors, every reply parsed to nouns at the edge."""
