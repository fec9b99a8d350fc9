"""Parameters of addresses: what a call does not know is refused, never passed over."""

from collections.abc import Callable, Collection

from starlette.requests import Request

from services.review.errors import Malformed


def only_parameters(*names: str, many: Collection[str] = ()) -> Callable[[Request], None]:
    """Dependency that refuses other parameters, and one given twice that is not of `many`."""

    def dependency(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        wrong = [
            name
            for name in given
            if name not in many and (name not in names or given.count(name) > 1)
        ]
        if wrong:
            raise Malformed(
                "unknown_parameter",
                "Unknown or repeated parameter.",
                facts={"parameters": [*sorted(set(wrong))[:10]], "known": [*names, *many]},
            )

    return dependency
