"""The stack of `make run`."""
