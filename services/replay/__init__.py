"""Posts a file of reports, or of texts, to a running report edge: a client like any other."""
