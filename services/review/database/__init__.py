"""Connections, roles and row security. Queries live with the things they are about."""
