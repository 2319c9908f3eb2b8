"""Notices of signals on bars of other lengths than a day."""

from dataclasses import replace

import numpy as np
import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.notification.signal import SignalNotice, signal_notice
from algo_trading.strategies.ema_cross import EmaCross
from support.mail_examples import ibm_bars, signal_of

pytestmark = pytest.mark.unit


def candle_notice(side: Side = Side.BUY, venue: str = "24/7") -> SignalNotice:
    """On a candle of four hours, made of the last of IBM's bars."""
    bars, step = ibm_bars()[-120:], np.timedelta64(4, "h")
    opened = np.datetime64("2013-02-27T08:00", "us") + step * np.arange(-119, 1)
    coin = Instrument("INJUSDT", venue)
    candles = replace(bars, instrument=coin, interval=Interval.HOUR_4, opened_at=opened, closed_at=opened + step)
    return signal_notice(replace(signal_of(candles, EmaCross()), side=side), candles, EmaCross(), Level.HIGH)


def test_the_subject_names_the_interval_and_the_candle() -> None:
    assert candle_notice().subject == "BUY INJUSDT 4h at 202.33 · ema_cross · 2013-02-27T08:00Z"


def test_it_speaks_of_bars() -> None:
    notice = candle_notice()
    assert notice.facts["Bar"] == "Wednesday, 2013-02-27T08:00Z (24/7)"
    assert notice.facts["Close"] == "202.33 as traded, +1.60 % on the bar before"
    assert notice.alt.startswith("4h bars of INJUSDT from 2013-02-12T12:00Z to 2013-02-27T08:00Z, with EMA 8")
    assert "session" not in notice.rendering().text


@pytest.mark.parametrize(("side", "words"), [(Side.BUY, "buys at the open"), (Side.SELL, "at the open")])
def test_what_happens_next(side: Side, words: str) -> None:
    assert f"{words} of the next bar" in candle_notice(side).following


def test_the_table_stays_in_columns() -> None:
    lines = candle_notice().rendering().text.splitlines()
    heading = next(number for number, line in enumerate(lines) if line.startswith("Bar   ") and "Volume" in line)
    assert lines[heading : heading + 2] == [
        "Bar                   Close     EMA 8    EMA 21       Volume",
        "2013-02-26T16:00Z    198.33    199.89    199.94    3,922,900",
    ]


@pytest.mark.parametrize("venue", ["DEMO", "PRACTICE"])
def test_prices_that_nobody_ever_paid_are_called_made_up(venue: str) -> None:
    notice = candle_notice(venue=venue)
    assert notice.subject.endswith(" · made-up price")
    rendering = notice.rendering()
    assert "made up: this market does not exist" in rendering.text
    assert "made up: this market does not exist" in rendering.html
    assert "made" not in candle_notice().rendering().text
