"""What a reviewer sends to decide, undo, or decide on an appeal."""

import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.decision import ActionKind, AppealOutcome, Finding, Ground
from shared.times import Moment

Id = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(max_length=2_000)]
Long = Annotated[str, StringConstraints(max_length=10_000)]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class ActionRequest(_Body):
    """`subject_id` is that of the case where it is left out."""

    action: ActionKind
    subject_id: Id | None = None
    countries: Annotated[tuple[Country, ...], Field(max_length=250)] | None = None
    until: Moment | None = None


class Seen(_Body):
    """What the reviewer looked at."""

    case_version: int | None = Field(None, strict=True)
    content_digest: Annotated[str, StringConstraints(max_length=200)]
    cluster_version: int | None = Field(None, strict=True)


class DecisionRequest(_Body):
    """`cluster` decides all open cases of the cluster but those in `left_out`, else this one."""

    lease_token: Token
    finding: Finding
    actions: Annotated[tuple[ActionRequest, ...], Field(max_length=20)] | None = None
    policy_ids: Annotated[tuple[Id, ...], Field(max_length=10)] | None = None
    ground: Ground | None = None
    legal_basis: Short | None = None
    reason: Long | None = None
    internal_note: Long | None = None
    cluster: bool | None = Field(None, strict=True)
    left_out: Annotated[tuple[Id, ...], Field(max_length=1_000)] | None = Field(
        None, alias="except"
    )
    seen: Seen

    @property
    def whole_cluster(self) -> bool:
        return self.cluster is not False


class UndoRequest(_Body):
    reason: Short | None = None


class OutcomeRequest(_Body):
    lease_token: Token
    outcome: AppealOutcome
    actions: Annotated[tuple[ActionRequest, ...], Field(max_length=20)] | None = None
    policy_ids: Annotated[tuple[Id, ...], Field(max_length=10)] | None = None
    reason: Long | None = None


def request_hash(request: BaseModel) -> str:
    """Equal for two requests that say the same, whatever the order of their fields."""
    said = json.dumps(request.model_dump(mode="json", exclude_none=True), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
