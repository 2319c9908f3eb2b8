"""Signals and orders as tables and JSON."""

from collections.abc import Sequence
from typing import Any

from algo_trading.cli import output
from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import Signal
from algo_trading.notification.words import price_text
from algo_trading.queries.figures import confidence_text, filled_text
from algo_trading.queries.orders import OrderLine


def signal_json(signal: Signal) -> dict[str, Any]:
    """A signal for programs; `session` is the key of its period."""
    plain = output.plain(signal)
    return {
        "strategy": plain["strategy"],
        **_series_json(signal.series),
        "session": signal.period,
        **{key: value for key, value in plain.items() if key not in {"strategy", "series", "opened_at"}},
    }


def order_json(line: OrderLine) -> dict[str, Any]:
    """An order for programs; `decided_session` is the key of the period it was decided for."""
    order = output.plain(line.order)
    return {
        "client_order_id": order["client_order_id"],
        "account": order["account"],
        "strategy": order["strategy"],
        **_series_json(line.order.series),
        "decided_session": line.order.period,
        **{key: value for key, value in order.items() if key not in {"series", "opened_at"}},
        "fill": output.plain(line.fill),
    }


def print_signals(signals: Sequence[Signal]) -> None:
    """Signals as a table."""
    rows = [
        (one.period, one.side, str(one.series), price_text(one.close), one.strategy.name,
         confidence_text(one.confidence), one.reason)
        for one in signals
    ]  # fmt: skip
    output.table("Signals", ("period", "side", "symbol", "close", "strategy", "confidence", "reason"), rows)


def print_orders(lines: Sequence[OrderLine]) -> None:
    """Orders as a table; the account is shown where there are several."""
    several = len({line.order.account for line in lines}) > 1
    rows = []
    for line in lines:
        order = line.order
        account = [order.account] if several else []
        rows.append(
            (order.period, order.side, str(order.series), *account, order.strategy.name, order.status,
             filled_text(line.fill),
             order.reason)
        )  # fmt: skip
    account = ["account"] if several else []
    columns = ("period", "side", "symbol", *account, "strategy", "status", "filled", "reason")
    output.table("Orders", columns, rows)


def _series_json(series: Series) -> dict[str, Any]:
    return {"instrument": output.plain(series.instrument), "interval": str(series.interval)}
