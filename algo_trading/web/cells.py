"""Columns that several pages share, with the texts of the command line."""

from urllib.parse import quote

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Interval
from algo_trading.domain.user import User
from algo_trading.notification.words import price_text
from algo_trading.queries.figures import confidence_text, filled_text
from algo_trading.queries.orders import OrderLine
from algo_trading.queries.status import AccountStatus
from algo_trading.web.tables import Cell, Column

LOOK_OF_SIDE = {Side.BUY: "up", Side.SELL: "down", Side.HOLD: "quiet"}
LOOK_OF_STATUS = {"filled": "good", "rejected": "bad", "cancelled": "quiet", "expired": "quiet"}


def instrument_href(instrument: Instrument, interval: Interval | str = "") -> str:
    """The page of an instrument, with the chart of an interval."""
    path = f"/instruments/{quote(instrument.venue, safe='')}/{quote(instrument.symbol, safe='')}"
    return f"{path}?interval={interval}" if interval else path


def series_cell(series: Series) -> Cell:
    """A series that leads to its chart."""
    return Cell(str(series), instrument_href(series.instrument, series.interval))


def side_cell(side: Side) -> Cell:
    """A side in its colour."""
    return Cell(str(side), look=f"badge {LOOK_OF_SIDE[side]}")


def signal_columns() -> list[Column[Signal]]:
    """Those of `algo-trading signals`."""
    return [
        Column("Period", lambda one: one.period, sort="period"),
        Column("Side", lambda one: side_cell(one.side), sort="side"),
        Column("Symbol", lambda one: series_cell(one.series), sort="symbol"),
        Column("Close", lambda one: price_text(one.close), sort="close", numeric=True),
        Column("Strategy", lambda one: one.strategy.name, sort="strategy"),
        Column("Confidence", lambda one: confidence_text(one.confidence), sort="confidence", numeric=True),
        Column("Reason", lambda one: one.reason, wide=True),
    ]


def order_columns() -> list[Column[OrderLine]]:
    """Those of `algo-trading orders`, with the account."""
    return [
        Column("Period", lambda one: one.order.period, sort="period"),
        Column("Side", lambda one: side_cell(one.order.side), sort="side"),
        Column("Symbol", lambda one: series_cell(one.order.series), sort="symbol"),
        Column("Account", lambda one: account_cell(one.order.account), sort="account"),
        Column("Strategy", lambda one: one.order.strategy.name, sort="strategy"),
        Column("Status", lambda one: status_cell(str(one.order.status)), sort="status"),
        Column("Filled", lambda one: filled_text(one.fill)),
        Column("Reason", lambda one: one.order.reason, wide=True),
    ]


def account_cell(name: str) -> Cell:
    """An account that leads to its page."""
    return Cell(name, f"/accounts/{quote(name, safe='')}")


def status_cell(status: str) -> Cell:
    """An order's status in its colour."""
    return Cell(status, look=f"badge {LOOK_OF_STATUS.get(status, 'note')}")


def visible_accounts(accounts: tuple[AccountStatus, ...], user: User) -> tuple[AccountStatus, ...]:
    """All accounts for an owner, their own for a member."""
    return accounts if user.is_owner else tuple(one for one in accounts if one.owner == user.name)
