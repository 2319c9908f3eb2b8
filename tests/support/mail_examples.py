"""A real signal of the sample (IBM, bought by ema_cross on 2013-02-27) and the mail about it."""

import csv
import gzip
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars, Times
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, Notice, NoticeKind
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Signal
from algo_trading.domain.time import Interval, moment_of
from algo_trading.gateways.channels import Channel, Mail
from algo_trading.notification.mail import MailForm, sender_address
from algo_trading.notification.signal import SignalNotice, signal_notice
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.ema_cross import EmaCross

IBM = Instrument("IBM")
SESSION = datetime(2013, 2, 27, tzinfo=UTC)
NOON = datetime(2013, 2, 28, 12, tzinfo=UTC)
SENDER = "algo-trading@localhost"


@cache
def ibm_bars() -> Bars:
    """IBM as traded from 2000 to SESSION."""
    sample = files("algo_trading") / "data" / "us_stocks_daily_2000_2013.csv.gz"
    last = f"{SESSION:%Y-%m-%d}"
    with sample.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["Ticker"] == "IBM" and row["Date"] <= last]
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
        series=bars.series,
        opened_at=moment_of(bars.opened_at[-1]),
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
def ibm_notice() -> SignalNotice:
    return signal_notice(ibm_signal(), ibm_bars(), EmaCross(), Level.MEDIUM)


@cache
def ibm_form(sender: str = SENDER) -> MailForm:
    """The mail about it, to be filled in."""
    return MailForm(ibm_notice().rendering(), sender_address(sender))


def ibm_mail(key: str, recipient: str = "trader@localhost", sender: str = SENDER) -> Mail:
    """The mail about it for a recipient."""
    return ibm_form(sender).fill(recipient, key, NOON)


def a_notice(key: str, recipient: str = "trader@localhost", signal: Signal | None = None) -> Notice:
    """A notice about it, or about another signal, that waits for its delivery."""
    signal = signal or ibm_signal()
    return Notice(key, Content(NoticeKind.SIGNAL, signal.key, signal.opened_at), recipient)


def put(channel: Channel, mail: Mail) -> None:
    """Deliver one mail in a session of its own."""
    with channel.session() as session:
        session.deliver(mail)
