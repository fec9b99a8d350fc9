"""Every route says who may call it: the application does not start with one that says nothing."""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.errors import Permanent


class AccessRule:
    """Kind of the dependencies that refuse whoever may not call a route."""


class OpenToAll(AccessRule):
    """Refuses nobody: said of a route on purpose."""

    def __call__(self) -> None:
        return None


open_to_all = OpenToAll()


class RouteWithoutRule(Permanent):
    """A route says nothing of who may call it."""


def require_rules(routers: Iterable[APIRouter]) -> None:
    """Raises RouteWithoutRule naming the routes whose dependencies hold no AccessRule."""
    bare = [route.path for route in routes_of(routers) if not rules_of(route)]
    if bare:
        raise RouteWithoutRule(f"routes without a rule of access: {', '.join(bare)}")


def routes_of(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute), route  # parts are listed one by one
            yield route


def rules_of(route: APIRoute) -> list[AccessRule]:
    """The route's own, and those of what it depends on."""
    called: list[object] = [dependant.call for dependant in _flat(route.dependant)]
    return [rule for rule in called if isinstance(rule, AccessRule)]


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _flat(inner)
