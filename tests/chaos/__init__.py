"""Kills processes under load and accounts for every report, decision and event."""
