"""A real signal of the sample (IBM, bought by ema_cross on 2013-02-27) and the mail about it."""

import csv
import gzip
from datetime import UTC, date, datetime
from email.message import EmailMessage
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars, Times
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Signal
from algo_trading.domain.subscription import OutboxItem
from algo_trading.notification.compose import compose, sender_address
from algo_trading.notification.notice import Notice, notice_of
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.ema_cross import EmaCross

IBM = Instrument("IBM")
SESSION = date(2013, 2, 27)
NOON = datetime(2013, 2, 28, 12, tzinfo=UTC)


@cache
def ibm_bars() -> Bars:
    """IBM as traded from 2000 to SESSION."""
    sample = files("algo_trading") / "data" / "us_stocks_daily_2000_2013.csv.gz"
    with sample.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["Ticker"] == "IBM" and row["Date"] <= str(SESSION)]
    rows.sort(key=lambda row: row["Date"])
    opened: Times = np.array([row["Date"] for row in rows], dtype="datetime64[us]")
    closed = opened + np.timedelta64(21, "h")
    values: dict[str, Any] = {name: np.array([float(row[name.capitalize()]) for row in rows]) for name in COLUMNS}
    return Bars(IBM, Interval.DAY, opened, closed, **values)


def signal_of(bars: Bars, strategy: Strategy) -> Signal:
    """What `strategy` says at the last of `bars`."""
    decisions = strategy.decide(bars)
    return Signal(
        strategy=strategy.id,
        instrument=bars.instrument,
        interval=bars.interval,
        session=bars.session(-1),
        side=decisions.side(-1),
        confidence=float(decisions.confidence[-1]),
        size=float(decisions.size[-1]),
        close=float(bars.close[-1]),
        reason=strategy.explain(bars, -1),
        inputs_hash="",
    )


@cache
def ibm_signal() -> Signal:
    return signal_of(ibm_bars(), EmaCross())


@cache
def ibm_notice() -> Notice:
    return notice_of(ibm_signal(), ibm_bars(), EmaCross(), Level.MEDIUM)


def an_item(key: str, address: str = "trader@localhost") -> OutboxItem:
    return OutboxItem(key, address, ibm_signal().key, SESSION)


def ibm_mail(item: OutboxItem, sender: str = "algo-trading@localhost") -> EmailMessage:
    return compose(ibm_notice(), item, sender_address(sender), NOON)
