"""Buying, selling and the kill switch: each is shown once more before it is done."""

import secrets
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.bootstrap import App
from algo_trading.domain.account import Position
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Series
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError
from algo_trading.repositories.audit import AuditEntry
from algo_trading.repositories.kill_switch import KillSwitch
from algo_trading.services.buy_at_market import Purchase
from algo_trading.services.sell_positions import Chosen, Sale
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import render
from algo_trading.web.visible import visible_names

router = APIRouter()

EVERYTHING = "all"
EVERY_ACCOUNT = "all accounts"
Text = Annotated[str, Form(max_length=200)]
Asked = Annotated[str, Query(max_length=200)]
Turn = Annotated[str, Form(pattern="^(on|off)$")]


@router.get("/watch/sell")
def ask_to_sell(request: Request, application: Application, user: CurrentUser, position: Asked) -> Response:
    """What would be sent to sell a position, or all of them."""
    sales = application.sell_positions().preview(_chosen(application, user, position))
    _require(sales)
    values = {
        "title": "Sell everything?" if position == EVERYTHING else f"Sell {sales[0].order.series}?",
        "lines": [_sentence(sale) for sale in sales],
        "action": "/watch/sell",
        "fields": {"position": position},
        "button": "Sell everything" if position == EVERYTHING else "Sell",
        "warning": "It is sold at the market, whatever strategies say.",
    }
    return render(request, "confirm.html.j2", values)


@router.post("/watch/sell")
def sell(application: Application, user: CurrentUser, position: Text) -> Response:
    """Sell a position, or all that one may; as `algo-trading sell`."""
    sales = application.sell_positions()(_chosen(application, user, position), f"sold by {user.name}")
    _require(sales)
    for sale in sales:
        detail = {"series": str(sale.order.series), "strategy": sale.order.strategy.name, "from": "web"}
        _record(application, user, "position.sell", sale.order.account, detail)
    return _back("; ".join(_sentence(sale) for sale in sales))


@router.get("/watch/buy")
def ask_to_buy(
    request: Request, application: Application, user: CurrentUser, *, account: Asked, series: Asked, budget: Asked,
    stop: Asked = "", target: Asked = "",
) -> Response:  # fmt: skip
    """What would be sent to buy."""
    given = {"account": account, "series": series, "budget": budget, "stop": stop, "target": target}
    wanted = _purchase(application, user, given, secrets.token_hex(8))
    state = application.accounts.state(wanted.account)
    request_line = application.buy_at_market().preview(wanted)
    simulated = application.broker(state.account).simulated
    values = {
        "title": f"Buy {wanted.series}?",
        "lines": [f"{account}: up to {wanted.budget:,.2f} {state.account.currency}: {request_line}"],
        "action": "/watch/buy",
        "fields": {**given, "key": wanted.key},
        "button": "Buy",
        "warning": "It is filled at the open of the next bar." if simulated else "It is bought at the market.",
    }
    return render(request, "confirm.html.j2", values)


@router.post("/watch/buy")
def buy(
    application: Application, user: CurrentUser, *, account: Text, series: Text, budget: Text,
    key: Annotated[str, Form(min_length=8, max_length=64)], stop: Text = "", target: Text = "",
) -> Response:  # fmt: skip
    """Buy for an account without real money; the same form sent twice buys once."""
    given = {"account": account, "series": series, "budget": budget, "stop": stop, "target": target}
    wanted = _purchase(application, user, given, key)
    order = application.buy_at_market()(wanted)
    detail = {"series": str(order.series), "budget": f"{wanted.budget:f}", "from": "web"}
    _record(application, user, "position.buy", order.account, detail)
    return _back(f"{order.account}: {order.side} {order.series}: {order.status}: {order.reason}")


@router.get("/watch/kill-switch")
def ask_to_turn(request: Request, application: Application) -> Response:
    """What the kill switch would do."""
    switch = application.kill_switch.current()
    engaged = switch is not None and switch.engaged
    values = {
        "title": "Allow new entries again?" if engaged else "Stop new entries everywhere?",
        "lines": ["It concerns every account; exits go on, and orders that a broker has already stay there."],
        "action": "/watch/kill-switch",
        "fields": {"turn": "off" if engaged else "on"},
        "button": "Switch it off" if engaged else "Switch it on",
        "reason": True,
    }
    return render(request, "confirm.html.j2", values)


@router.post("/watch/kill-switch")
def turn_kill_switch(application: Application, user: CurrentUser, turn: Turn, reason: Text = "") -> Response:
    """Stop new entries, or allow them; as `algo-trading kill-switch`."""
    change = KillSwitch(turn == "on", application.clock.now(), user.name, reason.strip())
    application.kill_switch.add(change)  # first: it may be urgent
    _record(application, user, f"kill_switch.{turn}", EVERY_ACCOUNT, {"reason": change.reason, "from": "web"})
    stopped = "the kill switch is on: no account enters a position"
    return _back(stopped if change.engaged else "the kill switch is off")


def _chosen(application: App, user: User, wanted: str) -> Chosen:
    names = visible_names(application, user)

    def chosen(account: str, position: Position) -> bool:
        return account in names and wanted in {EVERYTHING, position.opened_by}

    return chosen


def _require(sales: list[Sale]) -> None:
    if not sales:
        raise ConfigError("nothing is sold: no such position is held, or an order for it waits")


def _sentence(sale: Sale) -> str:
    order, result = sale.order, sale.request or f"{sale.order.status}: {sale.order.reason}"
    return f"{order.account}: {order.side} {order.series} of {order.strategy.name}: {result}"


def _purchase(application: App, user: User, given: dict[str, str], key: str) -> Purchase:
    """What a form asks for.

    Raises:
        ConfigError: a figure is not one, or the series is not known.
        RefusedError: the account is not one of theirs.
    """
    account = given["account"]
    if account not in visible_names(application, user):
        raise RefusedError(404, "There is no such account", "The list of accounts has those that you may see.")
    stop, target = (_fraction(given[name], name) for name in ("stop", "target"))
    try:
        exits = Exits(stop=stop, target=target)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    series = _series(application.buy_at_market().choices(), given["series"])
    return Purchase(account, series, _amount(given["budget"], "the amount"), key, user.name, exits)


def _series(choices: list[Series], text: str) -> Series:
    wanted = text.strip().casefold()
    found = [one for one in choices if str(one).casefold() == wanted]
    found = found or [one for one in choices if one.symbol.casefold() == wanted]
    if len(found) != 1:
        names = ", ".join(str(one) for one in found[:10])
        raise ConfigError(
            f"{text!r} is one of several series: {names}" if found else f"{text!r} is not a series that may be bought"
        )
    return found[0]


def _amount(text: str, what: str) -> Decimal:
    try:
        amount = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0 or amount.as_tuple().exponent < -8 or amount >= Decimal("1e15"):  # type: ignore[operator]  # of a finite one it is a number
        raise ConfigError(f"{what} is {text[:40]!r}; write a number above 0, such as 250")
    return amount


def _fraction(text: str, what: str) -> float | None:
    """Per cent of a form as a fraction; None where the field is empty."""
    return float(_amount(text, what) / 100) if text.strip() else None


def _record(application: App, user: User, action: str, subject: str, detail: dict[str, str]) -> None:
    application.audit.add(AuditEntry(application.clock.now(), user.name, action, subject, detail))


def _back(said: str) -> Response:
    return RedirectResponse(f"/watch?{urlencode({'said': said[:500]})}", HTTPStatus.SEE_OTHER)
