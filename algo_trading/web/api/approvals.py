"""Orders that wait for a person, for programs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from algo_trading.queries.documents import approval_json
from algo_trading.web.api.answers import PREFIX, Limit, document
from algo_trading.web.approving import ANSWERS, answer, seen_line, visible_lines
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.once import DoneOnce

router = APIRouter(prefix=PREFIX, tags=["accounts"])


class Decision(BaseModel):
    """An answer to the question whether an order may be sent."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]


@router.get("/approvals")
def approvals(
    request: Request, application: Application, user: CurrentUser, *, limit: Limit = 100,
    answered: Annotated[bool, Query(description="The newest, answered or not, instead of those that wait.")] = False,
) -> Response:  # fmt: skip
    """Orders that wait for a person, the oldest first; members see those of their accounts."""
    lines = visible_lines(application, user, application.read_approvals()(limit if answered else None))
    return document(request, {"items": [approval_json(line) for line in lines[:limit]]})


@router.post("/approvals/{order_id}")
def decide(
    request: Request, application: Application, user: CurrentUser, *, sent: Decision,
    order_id: Annotated[str, Path(max_length=64)], once: DoneOnce,
) -> Response:  # fmt: skip
    """Approve or reject an order; the first answer counts, and a later one gets 409 with the sentence of the first."""

    def decided() -> Response:
        line = seen_line(application, user, order_id)
        said = answer(application, line, user, approved=ANSWERS[sent.decision], where="API")
        return document(request, {"said": said, **approval_json(seen_line(application, user, order_id))})

    return once(decided)
