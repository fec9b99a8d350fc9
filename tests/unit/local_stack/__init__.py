"""The local stack, as far as it needs no server."""
