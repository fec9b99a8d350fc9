"""A probability as a word, said the same way everywhere. Pure."""

STEPS = ((0.9, "very"), (0.7, "likely"), (0.4, "possibly"), (0.15, "less"))


def likelihood(chance: float) -> str:
    """`chance` is 0 to 1; the word is the end of a key of the catalogues."""
    return next((word for least, word in STEPS if chance >= least), "unlikely")
