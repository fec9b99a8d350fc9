"""Records that could not be read: why, where from, and whether they came right since."""
