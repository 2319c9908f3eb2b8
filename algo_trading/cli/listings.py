"""Signals and orders as tables."""

from collections.abc import Sequence

from algo_trading.cli import output
from algo_trading.domain.signal import Signal
from algo_trading.notification.words import price_text
from algo_trading.queries.figures import confidence_text, filled_text
from algo_trading.queries.orders import OrderLine


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
