"""Lease tokens of the reader's open cases, in a cookie that no script can read: a page that is
loaded again is still theirs.
"""

from starlette.requests import Request
from starlette.responses import Response

from services.review.cases.views import GrantedLease

COOKIE = "mizan_leases"
MOST = 4


def token_of(request: Request, lease_id: str) -> str | None:
    return dict(_pairs(request)).get(lease_id)


def remember(request: Request, response: Response, lease: GrantedLease) -> None:
    """The newest first; the oldest fall out."""
    pairs = [(lease.lease_id, lease.token)]
    pairs += [pair for pair in _pairs(request) if pair[0] != lease.lease_id]
    value = "~".join(f"{lease_id}.{token}" for lease_id, token in pairs[:MOST])
    response.set_cookie(COOKIE, value, httponly=True, samesite="lax")


def _pairs(request: Request) -> list[tuple[str, str]]:
    parts = request.cookies.get(COOKIE, "").split("~")
    # a lease id holds dots, a token holds none
    return [(part.rpartition(".")[0], part.rpartition(".")[2]) for part in parts if "." in part]
