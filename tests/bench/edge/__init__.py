"""Figures of the report edge, taken on this machine. Nothing here passes or fails a build."""
