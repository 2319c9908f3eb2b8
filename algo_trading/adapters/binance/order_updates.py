"""Events of the user data stream as updates of orders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from algo_trading.adapters.binance.legs import STOP, TARGET
from algo_trading.adapters.binance.order_terms import STATUSES, TYPES
from algo_trading.domain.order import Execution, OrderStatus, OrderType
from algo_trading.gateways.broker_updates import OrderUpdate
from algo_trading.gateways.brokers import OrderReport

NO_LIST = -1
TRADE = "TRADE"


def update_of(event: Mapping[str, Any]) -> OrderUpdate | None:
    """What an event says about an order; None where it is about something else, or an OCO order has come to rest.

    How an OCO order stands follows from both of its orders, so an event of one of them has no report.
    """
    if event.get("e") != "executionReport":
        return None
    name = event["C"] or event["c"]  # of a cancellation, c is its own id
    filled = Decimal(event["z"])
    of_list = event["g"] != NO_LIST and name.endswith((STOP, TARGET))
    if of_list:
        name = name[:-1]
    execution = _execution_of(event, name) if event["x"] == TRADE else None
    if of_list:
        at_rest = execution is None and STATUSES[event["X"]] is OrderStatus.OPEN
        return None if at_rest else OrderUpdate(name, filled, None, execution)
    return OrderUpdate(name, filled, _report_of(event, name), execution)


def _report_of(event: Mapping[str, Any], name: str) -> OrderReport:
    status = STATUSES[event["X"]]
    ended = status.final and status is not OrderStatus.FILLED
    triggered = event["o"] == TYPES[OrderType.STOP_LIMIT] and bool(event["w"])
    return OrderReport(name, status, f"the exchange says {event['X']}" if ended else "", triggered)


def _execution_of(event: Mapping[str, Any], name: str) -> Execution:
    return Execution(
        id=f"{event['s']}:{event['t']}",
        client_order_id=name,
        at=datetime.fromtimestamp(event["T"] / 1000, UTC),
        quantity=Decimal(event["l"]),
        price=Decimal(event["L"]),
        value=Decimal(event["Y"]),
        commission=Decimal(event["n"]),
        commission_asset=event["N"] or "",
    )
