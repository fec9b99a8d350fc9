"""What operators watch: dashboards, recording rules and alerts, written as code.

`python -m deploy.monitoring` writes the JSON and the YAML from it; both are committed.
"""
