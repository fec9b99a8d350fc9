"""A steady rate that waits for nobody, and what it does to those who wait."""
