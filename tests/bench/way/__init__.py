"""The whole way on one machine: what comes out at the far end, and how long a report is on it."""
