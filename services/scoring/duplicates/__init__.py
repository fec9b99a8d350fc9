"""What is the same as what: fingerprints, and the shards that compare them."""
