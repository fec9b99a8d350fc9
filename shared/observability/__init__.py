"""What every process shows of itself: logs, the admin port, traces."""
