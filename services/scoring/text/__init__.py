"""Reading text: one normal form, its language, the names of a watch-list in it."""
