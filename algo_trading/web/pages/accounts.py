"""Accounts: what is in them, how they did, and their books."""

from itertools import accumulate
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from algo_trading.bootstrap import App
from algo_trading.domain.account import Position
from algo_trading.domain.ledger import Entry, EntryKind
from algo_trading.domain.user import User
from algo_trading.notification.words import change_text
from algo_trading.queries.figures import quantity_text
from algo_trading.queries.performance import Performance
from algo_trading.queries.status import AccountStatus
from algo_trading.web.cells import series_cell, visible_accounts
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.lists import Filter, ListView, respond
from algo_trading.web.recent import Recent
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import minute, render
from algo_trading.web.tables import Cell, Column, table

router = APIRouter()


@router.get("/accounts")
def accounts(request: Request, application: Application, user: CurrentUser, recent: Recently) -> Response:
    """All accounts that one may see."""
    states = visible_accounts(_states(application, recent), user)
    results = {one.name: _result(_performance(application, recent, one.name)) for one in states}
    values = {"title": "Accounts", "accounts": states, "results": results}
    return render(request, "accounts.html.j2", values)


@router.get("/accounts/{name}")
def account(request: Request, application: Application, user: CurrentUser, recent: Recently, *, name: str) -> Response:
    """One account with its book."""
    status = _seen(_states(application, recent), user, name)
    state = application.accounts.state(name)
    view = ListView(
        title=name,
        rows=application.ledger_pages,
        columns=_ENTRIES,
        filters=(
            Filter("kind", "Kind", [(one, one) for one in EntryKind]),
            Filter("from", "From", kind="date"),
            Filter("to", "To", kind="date"),
        ),
        empty="Nothing is booked yet.",
        fixed={"account": name},
        template="account.html.j2",
        above={
            "status": status,
            "account": state.account,
            "positions": table(_POSITIONS, state.positions),
            "cash": sorted((asset, quantity_text(amount)) for asset, amount in state.cash.items() if amount),
            "result": _result(_performance(application, recent, name)),
        },
    )
    return respond(request, view)


@router.get("/accounts/{name}/equity")
def equity(application: Application, user: CurrentUser, recent: Recently, *, name: str) -> Response:
    """The curve for the chart."""
    _seen(_states(application, recent), user, name)
    curve = _performance(application, recent, name).curve
    growths = [point.growth for point in curve]
    return JSONResponse(
        {
            "times": [int(point.at.timestamp()) for point in curve],
            "equity": [round(point.equity, 2) for point in curve],
            "drawdown": [
                round(100 * (growth / highest - 1), 2)
                for growth, highest in zip(growths, accumulate(growths, max), strict=True)
            ],
        }
    )


def _states(application: App, recent: Recent) -> tuple[AccountStatus, ...]:
    return recent.of("accounts", application.read_status().account_states)


def _performance(application: App, recent: Recent, name: str) -> Performance:
    return recent.of(("performance", name), lambda: application.read_performance()(name, application.clock.now()))


def _seen(states: tuple[AccountStatus, ...], user: User, name: str) -> AccountStatus:
    """The account, if one may see it: of others nobody learns whether they are there."""
    found = next((one for one in visible_accounts(states, user) if one.name == name), None)
    if found is None:
        raise RefusedError(404, "There is no such account", "The list of accounts has those that you may see.")
    return found


def _result(found: Performance) -> dict[str, Any]:
    """How an account did since its start."""
    gain = found.total_return
    return {
        "points": len(found.curve) if found.results else 0,
        "gain": change_text(gain),
        "drawdown": change_text(-found.max_drawdown),
        "look": "up" if gain > 0 else "down" if gain < 0 else "",
    }


def _held(entry: Entry) -> "Cell | str":
    return series_cell(entry.holding.series) if entry.holding else ""


_ENTRIES: list[Column[Entry]] = [
    Column("Effective (UTC)", lambda one: minute(one.effective_at), sort="effective"),
    Column("Kind", lambda one: str(one.kind), sort="kind"),
    Column("Amount", lambda one: f"{one.amount:,f}", sort="amount", numeric=True),
    Column("Of", lambda one: one.asset or "shares"),
    Column("Series", _held),
    Column("Strategy", lambda one: one.holding.strategy.name if one.holding else ""),
    Column("Booked (UTC)", lambda one: minute(one.booked_at), sort="booked"),
    Column("Cause", lambda one: one.cause, wide=True),
]
_POSITIONS: list[Column[Position]] = [
    Column("Series", lambda one: series_cell(one.series)),
    Column("Strategy", lambda one: one.strategy.name),
    Column("Quantity", lambda one: quantity_text(one.quantity), numeric=True),
    Column("Entry price", lambda one: quantity_text(one.entry_price), numeric=True),
    Column("Best price", lambda one: quantity_text(one.best_price), numeric=True),
]
