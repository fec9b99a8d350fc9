"""The scoring worker: what a report's text says, and what it is the same as."""
