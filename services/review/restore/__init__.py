"""A database that was restored from a backup, brought up to what the log says."""
