"""The history checker: what clients did and what the system says, held against each other."""
