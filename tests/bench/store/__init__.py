"""Claims, decisions and the sink, when little waits and when two million entries wait."""
