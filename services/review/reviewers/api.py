"""Log-in and log-out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request

from services.review.json_bodies import read_json
from services.review.parts import HasParts
from services.review.reviewers import service
from services.review.reviewers.access import ViewingReviewer
from services.review.route_access import open_to_all

router = APIRouter()


class Credentials(BaseModel):
    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class SessionView(BaseModel):
    token: str
    expires_at: datetime
    roles: list[str]
    reviewer_id: str
    name: str
    locale: str


@router.post("/api/v1/session", dependencies=[Depends(open_to_all)])
async def log_in(request: Request, parts: HasParts) -> SessionView:
    credentials = await read_json(request, Credentials)
    new = await service.log_in(
        parts.database,
        credentials.email,
        credentials.password,
        address=request.client.host if request.client else "unknown",
        hours=parts.settings.session_hours,
    )
    return SessionView(
        token=new.token,
        expires_at=new.expires_at,
        roles=[str(role) for role in new.viewer.roles],
        reviewer_id=new.viewer.reviewer_id,
        name=new.viewer.name,
        locale=new.viewer.locale,
    )


@router.delete("/api/v1/session", status_code=204)
async def log_out(parts: HasParts, viewer: ViewingReviewer) -> None:
    await service.log_out(parts.database, viewer)
