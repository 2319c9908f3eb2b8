"""MACD, RSI, Donchian, momentum, buy and hold: when they speak, what they say, what they refuse."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from algo_trading.domain.signal import Side
from algo_trading.indicators import macd, rsi
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.buy_and_hold import BuyAndHold
from algo_trading.strategies.donchian_breakout import DonchianBreakout
from algo_trading.strategies.macd_cross import MacdCross
from algo_trading.strategies.momentum import Momentum
from algo_trading.strategies.rsi_reversion import RsiReversion
from support.bar_series import bars_of

pytestmark = pytest.mark.unit


def wave(n: int = 400) -> list[float]:
    return [100 + 20 * float(np.sin(i / 20)) for i in range(n)]


def test_macd_speaks_where_the_line_crosses_its_signal() -> None:
    bars = bars_of(wave())
    strategy = MacdCross(5, 12, 4)
    decisions = strategy.decide(bars)
    line, signal = macd(bars.close, 5, 12, 4)
    above = line > signal
    for flags, turned in ((decisions.entries, above[1:] & ~above[:-1]), (decisions.exits, ~above[1:] & above[:-1])):
        expected = np.append([False], turned)
        expected[: strategy.warmup - 1] = False
        assert flags.sum() >= 3
        np.testing.assert_array_equal(flags, expected)
    bought, sold = (int(np.flatnonzero(flags)[0]) for flags in (decisions.entries, decisions.exits))
    assert strategy.explain(bars, bought).startswith(f"MACD 5/12 ({line[bought]:.3f}) crossed above its signal line (")
    assert strategy.explain(bars, sold).startswith(f"MACD 5/12 ({line[sold]:.3f}) crossed below its signal line (")
    assert strategy.explain(bars, 14) == "only 15 of the 16 bars that the MACD needs are there"
    assert list(strategy.lines(bars)) == ["EMA 5", "EMA 12"]


def test_macd_does_not_trade_the_rounding_of_a_flat_price() -> None:
    decisions = MacdCross().decide(bars_of([*wave(100), *[97.3] * 1500]))
    assert not (decisions.entries | decisions.exits)[900:].any()


def test_rsi_speaks_when_it_comes_back_from_an_extreme() -> None:
    falling, rising = np.linspace(100, 60, 30), np.linspace(61, 120, 30)
    bars = bars_of([*falling, *rising, *np.linspace(119, 90, 20)])
    strategy = RsiReversion(window=5)
    decisions = strategy.decide(bars)
    strength = rsi(bars.close, 5)
    bought, sold = int(np.flatnonzero(decisions.entries)[0]), int(np.flatnonzero(decisions.exits)[0])
    assert strength[bought - 1] <= 30 < strength[bought]
    assert strength[sold - 1] >= 70 > strength[sold]
    assert (decisions.side(bought), decisions.side(sold), decisions.side(40)) == (Side.BUY, Side.SELL, Side.HOLD)
    assert decisions.confidence[bought] == pytest.approx(0.5 + 0.5 * (30 - strength[bought - 1]) / 20)
    assert strategy.explain(bars, bought).startswith("RSI 5 came back above 30, from 15.3 to ")
    assert strategy.explain(bars, sold).startswith("RSI 5 came back below 70, from 73.6 to ")
    assert strategy.explain(bars, 40).endswith(" did not come back from an extreme")
    assert strategy.explain(bars, 5) == "only 6 of the 7 bars that the RSI needs are there"
    assert strategy.lines(bars) == {}


def test_donchian_speaks_on_the_first_close_outside_the_channel() -> None:
    closes = [10.0] * 8 + [11, 12, 12, 13, 9, 8, 12, 12]
    bars = bars_of(closes)
    bars = replace(bars, high=bars.close + 0.5, low=bars.close - 0.5)
    strategy = DonchianBreakout(entry=4, exit=2)
    decisions = strategy.decide(bars)
    # 11 is above 10.5; 12 above 11.5 is the next bar, still outside; 13 breaks out anew; 9 is below 11.5; 8 goes on.
    assert np.flatnonzero(decisions.entries).tolist() == [8, 11]
    assert np.flatnonzero(decisions.exits).tolist() == [12]
    assert strategy.explain(bars, 8) == (
        "the close (11.00) broke out above the highest high of the 4 bars before (10.50)"
    )
    assert strategy.explain(bars, 12) == "the close (9.00) broke out below the lowest low of the 2 bars before (11.50)"
    assert strategy.explain(bars, 9).startswith("the close (12.00) did not break out anew of the lowest low of the 2")
    assert strategy.explain(bars, 4) == "only 5 of the 6 bars that the channel needs are there"
    upper, lower = strategy.lines(bars).values()
    assert (upper[8], lower[12]) == (10.5, 11.5)


def test_a_stay_outside_that_began_in_the_warmup_is_no_breakout() -> None:
    rising = bars_of(np.arange(1.0, 30.0))
    assert not DonchianBreakout(4, 2).decide(rising).entries.any()


def test_momentum_decides_as_a_month_begins() -> None:
    closes = [100.0] * 40 + [100 + i for i in range(60)] + [160.0 - 2 * i for i in range(70)]
    bars = bars_of(closes)  # one each day from 2000-01-03 on
    strategy = Momentum(lookback=20, skip=5, threshold=0.1)
    decisions = strategy.decide(bars)
    said = {str(bars.sessions[i]): str(decisions.side(i)) for i in range(len(bars)) if decisions.side(i) != Side.HOLD}
    assert said == {
        "2000-02-01": "sell",  # flat
        "2000-03-01": "buy",  # 113 five bars ago, 100 twenty bars ago
        "2000-04-01": "buy",
        "2000-05-01": "sell",
        "2000-06-01": "sell",
    }
    april = bars.sessions.tolist().index(np.datetime64("2000-04-01").item())
    gained = closes[april - 5] / closes[april - 20] - 1
    assert strategy.explain(bars, april) == (
        f"the return of 20 bars without the last 5 ({gained:+.2%}) is above 10.00% as the month begins"
    )
    assert strategy.explain(bars, april + 1).endswith(" is looked at when a month begins")
    assert strategy.explain(bars, 3) == "only 4 of the 21 bars that the momentum needs are there"
    recent, old = strategy.lines(bars).values()
    assert (recent[april], old[april]) == (closes[april - 5], closes[april - 20])


def test_momentum_without_a_skip_compares_with_the_bar_itself() -> None:
    bars = bars_of([100.0] * 29 + [101.0])  # the last one is 2000-02-01
    assert Momentum(lookback=10, skip=0).decide(bars).side(-1) is Side.BUY


def test_buy_and_hold_buys_wherever_a_test_begins_and_never_sells() -> None:
    decisions = BuyAndHold().decide(bars_of([3.0, 2.0, 1.0]))
    assert decisions.entries.all()
    assert not decisions.exits.any()
    assert BuyAndHold().explain(bars_of([3.0]), -1) == ("buy and hold wants to be invested at every price, now at 3.00")


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        (MacdCross, {"fast": 26}, r"fast \(26\) must be below slow \(26\)"),
        (MacdCross, {"signal": 0}, "signal must be a whole number"),
        (RsiReversion, {"window": 1.5}, "window must be a whole number"),
        (RsiReversion, {"oversold": 0}, "oversold must be a number between 0 and 100, not 0"),
        (RsiReversion, {"overbought": "70"}, "overbought must be a number between 0 and 100, not '70'"),
        (RsiReversion, {"oversold": 70}, r"oversold \(70\) must be below overbought \(70\)"),
        (DonchianBreakout, {"entry": 0}, "entry must be a whole number"),
        (DonchianBreakout, {"exit": True}, "exit must be a whole number"),
        (Momentum, {"skip": 252}, r"skip \(252\) must be below lookback \(252\)"),
        (Momentum, {"skip": -1}, "skip must be a whole number"),
        (Momentum, {"threshold": -1}, "threshold must be a return above -1 and below 100, not -1"),
        (Momentum, {"threshold": float("nan")}, "threshold must be a return"),
    ],
)
def test_parameters_out_of_range_are_refused(kind: type[Strategy], params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**params)
