"""Subscriptions: who gets notices of which signals."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.bootstrap import App
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError
from algo_trading.repositories.audit import AuditEntry
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import render

router = APIRouter()

Text = Annotated[str, Form(max_length=200)]


@router.get("/subscriptions")
def subscriptions(request: Request, application: Application, user: CurrentUser, said: str = "") -> Response:
    """The page: members see those of their address."""
    assignments = application.assignments.all()
    values = {
        "title": "Subscriptions",
        "subscriptions": visible(application, user),
        "assigned": sorted({one.series.symbol for one in assignments}),
        "strategies": sorted({one.strategy.name for one in assignments}),
        "said": said[:500],
    }
    return render(request, "subscriptions.html.j2", values)


@router.post("/subscriptions")
def subscribe(
    application: Application, user: CurrentUser, *, symbol: Text = EVERY, strategy: Text = EVERY, address: Text = ""
) -> Response:
    """Begin a subscription, from the next period on."""
    receiver = receiver_of(user, address)
    wanted = normal_symbol(symbol.strip() or EVERY)
    found, new = application.subscribe()(receiver, wanted, strategy or EVERY)
    if new:
        record(application, user, "subscription.add", found)
    verb = "is subscribed" if new else "was subscribed already"
    return _back(f"{receiver} {verb} to {_of(found.strategy, 'strategy')} on {_of(found.symbol, 'symbol')}.")


@router.post("/subscriptions/request")
def request_symbol(application: Application, user: CurrentUser, *, symbol: Text) -> Response:
    """Have a symbol tracked that is not yet."""
    asked = application.request_symbol()(user, symbol)
    told = f" {asked.address} gets a mail then." if asked.address else ""
    return _back(f"{asked.instrument} is monitored. Its history is loaded and backtested next.{told}")


@router.post("/subscriptions/end")
def unsubscribe(
    application: Application, user: CurrentUser, *, address: Text, symbol: Text, strategy: Text
) -> Response:
    """End a subscription."""
    gone = application.subscriptions.remove(receiver_of(user, address), symbol, strategy)
    if not gone:
        raise ConfigError("there is no such subscription any more; reload the page")
    now = application.clock.now()
    detail = {"symbol": symbol, "strategy": strategy}
    application.audit.add(AuditEntry(now, user.name, "subscription.remove", address, detail))
    return _back(f"The subscription of {address} to {_of(strategy, 'strategy')} on {_of(symbol, 'symbol')} has ended.")


def visible(application: App, user: User) -> list[Subscription]:
    """All for an owner, those of their address for a member."""
    found = application.subscriptions.all()
    return found if user.is_owner else [one for one in found if user.address and one.address == user.address]


def record(application: App, user: User, action: str, one: Subscription) -> None:
    """Note who changed a subscription."""
    detail = {"symbol": one.symbol, "strategy": one.strategy}
    application.audit.add(AuditEntry(application.clock.now(), user.name, action, one.address, detail))


def receiver_of(user: User, address: str) -> str:
    """Whose subscription it is: one's own, or for an owner anybody's."""
    wanted = address.strip() or user.address
    if not wanted:
        raise ConfigError("you have no email address yet; an owner can add one, or give the address that notices go to")
    if not user.is_owner and wanted != user.address:
        raise RefusedError(403, "This is not your address", "Members subscribe their own address.")
    return wanted


def _of(name: str, what: str) -> str:
    return f"every {what}" if name == EVERY else name


def _back(said: str) -> Response:
    return RedirectResponse(f"/subscriptions?{urlencode({'said': said})}", HTTPStatus.SEE_OTHER)
