"""The rules of deploy/monitoring as the Prometheus operator takes them: the same text, indented."""

from pathlib import Path
from textwrap import indent

SOURCE = Path(__file__).parents[1] / "monitoring" / "rules" / "mizan.yml"
PATH = Path(__file__).parent / "components" / "monitoring" / "rules.yaml"
HEAD = """\
# Made from deploy/monitoring/rules by `python -m deploy.k8s manifests`; do not edit it.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: mizan
spec:
"""


def manifest() -> str:
    lines = SOURCE.read_text().splitlines(keepends=True)
    return HEAD + indent("".join(line for line in lines if not line.startswith("#")), "  ")
