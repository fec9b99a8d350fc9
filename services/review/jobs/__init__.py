"""The duties of the review worker, one file each. Each has one leader in the whole system."""
