"""Approvals: orders that wait for a person, on the page and by the link of a mail."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.bootstrap import App
from algo_trading.domain.user import User
from algo_trading.queries.approvals import ApprovalLine
from algo_trading.services.approval_links import PATH
from algo_trading.web.approving import ANSWERS, answer, seen_line, visible_lines
from algo_trading.web.cells import account_cell, series_cell, side_cell
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import minute, render
from algo_trading.web.tables import Cell, Column, table

router = APIRouter()

ANSWERED_SHOWN = 50
Answer = Annotated[str, Form(pattern="^(approve|reject)$")]


@router.get("/approvals")
def approvals(request: Request, application: Application, user: CurrentUser, said: str = "") -> Response:
    """The page; members see the orders of their accounts."""
    now, read = application.clock.now(), application.read_approvals()
    lines = visible_lines(application, user, read(ANSWERED_SHOWN))
    values = {
        "title": "Approvals",
        "waiting": [line for line in visible_lines(application, user, read()) if line.open(now)],
        "answered": table(_ANSWERED, [line for line in lines if not line.open(now)]),
        "said": said[:500],
    }
    return render(request, "approvals.html.j2", values)


@router.post("/approvals/{order_id}")
def decide(application: Application, user: CurrentUser, order_id: str, decision: Answer) -> Response:
    """Approve or reject; the first answer counts."""
    line = seen_line(application, user, order_id)
    said = answer(application, line, user, approved=ANSWERS[decision], where="web")
    return RedirectResponse(f"/approvals?{urlencode({'said': said})}", HTTPStatus.SEE_OTHER)


@router.get(f"{PATH}{{token}}")
def invited(request: Request, application: Application, token: str) -> Response:
    """The page that a mail's link leads to; opening it answers nothing."""
    line, user = _invitation(application, token)
    return _invited(request, application, line, user, line.approval.sentence)


@router.post(f"{PATH}{{token}}")
def decide_by_link(request: Request, application: Application, token: str, decision: Answer) -> Response:
    """Answer for the person whom the mail was sent to."""
    line, user = _invitation(application, token)
    said = answer(application, line, user, approved=ANSWERS[decision], where="mail")
    answered, _ = _invitation(application, token)
    return _invited(request, application, answered, user, said)


def _invited(request: Request, application: App, line: ApprovalLine, user: User, said: str) -> Response:
    values = {
        "title": "Approval",
        "line": line,
        "open": line.open(application.clock.now()),
        "name": user.name,
        "said": said,
        "currency": application.accounts.state(line.approval.account).account.currency,
    }
    return render(request, "approval.html.j2", values)


def _invitation(application: App, token: str) -> tuple[ApprovalLine, User]:
    """The order that a link is about, and the user whom it was sent to."""
    found = application.approval_links().read(token)
    known = application.users.by_login(found.address) if found else None
    if found is None or known is None:
        detail = "It was changed on its way, or its address belongs to nobody any more. Log in and look at Approvals."
        raise RefusedError(404, "This link does not work", detail)
    return seen_line(application, known[0], found.client_order_id), known[0]


_ANSWERED: list[Column[ApprovalLine]] = [
    Column("Asked (UTC)", lambda one: minute(one.approval.asked_at)),
    Column("Account", lambda one: account_cell(one.approval.account)),
    Column("Side", lambda one: side_cell(one.order.side)),
    Column("Symbol", lambda one: series_cell(one.order.series)),
    Column("Budget", lambda one: one.budget, numeric=True),
    Column("Asked because", lambda one: one.approval.reason, wide=True),
    Column("Answer", lambda one: Cell(one.approval.sentence, f"/trades/{one.approval.client_order_id}"), wide=True),
]
