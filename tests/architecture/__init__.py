"""The shape of the code base, checked."""
