"""The promises of a running system in a terminal, for those without Grafana."""
