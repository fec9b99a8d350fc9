"""Changes of the schema, additive first: yesterday's code runs on today's schema."""
