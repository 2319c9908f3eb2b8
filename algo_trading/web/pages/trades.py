"""The list of orders, and one order with what became of it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.domain.order import Execution, OrderEvent, OrderStatus
from algo_trading.notification.words import price_text
from algo_trading.queries.figures import quantity_text
from algo_trading.queries.orders import OrderLine
from algo_trading.web.cells import order_columns, status_cell
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.lists import Filter, ListView, respond
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import minute, render
from algo_trading.web.tables import Cell, Column, table
from algo_trading.web.visible import visible_names

router = APIRouter()

EMPTY = (
    "No order has been placed yet. Orders follow from signals of strategies that are assigned to an account; "
    "the overview says how far each account has come."
)


@router.get("/trades")
def trades(request: Request, application: Application, user: CurrentUser, recent: Recently) -> Response:
    """The page; members see the orders of their accounts."""
    names = sorted(visible_names(application, user))
    strategies = recent.of("strategies", application.signal_pages.strategies)
    view = ListView(
        title="Trades",
        rows=application.order_pages,
        columns=_columns(),
        filters=(
            Filter("symbol", "Symbol"),
            Filter("status", "Status", [(one, one) for one in OrderStatus]),
            Filter("side", "Side", [("buy", "buy"), ("sell", "sell")]),
            Filter("account", "Account", [(one, one) for one in names]),
            Filter("strategy", "Strategy", [(one, one) for one in strategies]),
            Filter("from", "From", kind="date"),
            Filter("to", "To", kind="date"),
        ),
        empty=EMPTY,
        intro="Orders with their fills and the reason, as `algo-trading orders` lists them.",
        fixed={} if user.is_owner else {"owner": user.name},
    )
    return respond(request, view)


@router.get("/trades/{order_id}")
def trade(request: Request, application: Application, user: CurrentUser, order_id: str) -> Response:
    """One order, its events and executions."""
    order = application.accounts.order(order_id)
    if order is None or not (user.is_owner or application.ledger_pages.owner(order.account) == user.name):
        raise RefusedError(404, "There is no such order", "The list of trades has those that you may see.")
    values = {
        "title": f"Order {order.client_order_id}",
        "order": order,
        "events": table(_EVENTS, application.accounts.events(order_id)),
        "executions": table(_EXECUTIONS, application.accounts.executions_of([order_id]).get(order_id, ())),
    }
    return render(request, "trade.html.j2", values)


def _columns() -> list[Column[OrderLine]]:
    period, *others = order_columns()
    linked: Column[OrderLine] = Column(
        "Period", lambda one: Cell(one.order.period, f"/trades/{one.order.client_order_id}"), sort=period.sort
    )
    return [linked, *others]


_EVENTS: list[Column[OrderEvent]] = [
    Column("At (UTC)", lambda one: minute(one.at)),
    Column("Status", lambda one: status_cell(str(one.status))),
    Column("Filled", lambda one: quantity_text(one.filled), numeric=True),
    Column("Reason", lambda one: one.reason, wide=True),
]
_EXECUTIONS: list[Column[Execution]] = [
    Column("At (UTC)", lambda one: minute(one.at)),
    Column("Quantity", lambda one: quantity_text(one.quantity), numeric=True),
    Column("Price", lambda one: price_text(float(one.price)), numeric=True),
    Column("Value", lambda one: f"{one.value:f}", numeric=True),
    Column("Commission", lambda one: f"{one.commission:f} {one.commission_asset}", numeric=True),
]
