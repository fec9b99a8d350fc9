"""What every process shows."""

from prometheus_client import Gauge

CLOCK = Gauge(
    "mizan_clock_timestamp_seconds",
    "The clock of this process, in seconds since 1970, as it is asked. More than two seconds from"
    " Prometheus' own: mend the time service of that machine. Ages and lags are wrong by as much;"
    " leases and deadlines go by the database's clock.",
)
