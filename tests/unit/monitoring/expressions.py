"""What a PromQL expression names."""

import promql_parser
from promql_parser import Expr, MatchOp, VectorSelector

NAME = "__name__"
SUFFIXES = ("_bucket", "_sum", "_count")


def parsed(expression: str) -> Expr:
    """Raises ValueError for what Prometheus would refuse. Grafana's variables stand for times."""
    for variable in ("$__rate_interval", "$__interval", "$__range"):
        expression = expression.replace(variable, "5m")
    tree: Expr = promql_parser.parse(expression)
    return tree


def selectors(expression: str) -> list[VectorSelector]:
    found: list[VectorSelector] = []

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.append(node)

    promql_parser.walk(parsed(expression), visit)
    return found


def series_of(selector: VectorSelector) -> list[str]:
    """Names of the series that it takes; a pattern is taken for a list with bars."""
    if selector.name is not None:
        return [selector.name]
    names = [matcher for matcher in selector.matchers.matchers if matcher.name == NAME]
    assert [matcher.op for matcher in names] == [MatchOp.Re], str(selector)
    return names[0].value.split("|")


def labels_of(selector: VectorSelector) -> set[str]:
    return {matcher.name for matcher in selector.matchers.matchers} - {NAME}
