"""Figures that other backtesters published for data that is here."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from algo_trading.bootstrap import bar_file_reader
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from algo_trading.indicators import sma
from algo_trading.strategies.crosses import crosses_above
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run
from back_testing.engine.data import bars_from_file
from back_testing.engine.rules import Direction, TradingRules
from support.candle_table import Told
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = [pytest.mark.unit, needs_shared_data]

FOLDER = SHARED_DATA / "backtests"
FREE = TradingRules(cash=10_000, costs=Costs.of(0))


def bars_of_file(path: Path) -> Bars:
    (bars,) = bars_from_file(bar_file_reader(), path, [], "XNYS").series
    return bars


def test_backtesting_py() -> None:
    # backtesting.py closes the last trade at the last bar's open, which gives its final equity of 51,422.99; and its
    # Sharpe ratio has a geometric mean.
    bars = bars_of_file(FOLDER / "backtesting_py" / "GOOG.csv")
    expected = json.loads((FOLDER / "backtesting_py" / "expected_sma_10_30_GOOG.json").read_text())["expected"]
    rules = TradingRules(cash=10_000, costs=Costs.of(0), direction=Direction.LONG_SHORT)
    result = run(SmaCross(10, 30, 0), bars, rules)
    statistics = result.statistics
    assert statistics.n_trades == expected["# Trades"] == 66
    assert statistics.final_equity == pytest.approx(51_959.95, abs=0.005)
    last = result.trades[-1]
    closed_at_the_open = statistics.final_equity - last.size * (bars.close[-1] - bars.open[-1])
    assert closed_at_the_open == pytest.approx(expected["Equity Final [$]"], abs=0.005)
    assert statistics.max_drawdown == pytest.approx(expected["Max. Drawdown [%]"] / 100, abs=1e-12)
    assert f"{statistics.max_drawdown_days:.0f} days" == expected["Max. Drawdown Duration"]
    assert result.equity.max() == pytest.approx(expected["Equity Peak [$]"], abs=0.005)
    assert statistics.win_rate == pytest.approx(expected["Win Rate [%]"] / 100, abs=1e-12)
    returns = [trade.return_ for trade in result.trades]
    assert max(returns) == pytest.approx(expected["Best Trade [%]"] / 100, abs=1e-12)
    assert min(returns) == pytest.approx(expected["Worst Trade [%]"] / 100, abs=1e-12)


def backtrader_bars() -> Bars:
    return bars_of_file(FOLDER / "backtrader" / "2006-day-001.txt")


def test_backtrader() -> None:
    # Its long-only crossing of close and SMA 15; every volume of the file is 0.
    bars = backtrader_bars()
    average = sma(bars.close, 15)
    entries, exits = crosses_above(bars.close, average), crosses_above(average, bars.close)
    letters = np.where(exits, "S", np.where(entries, "B", "."))
    result = run(Told("".join(letters)), bars, TradingRules(cash=10_000, costs=Costs.of(0), keep_open=True))
    bought = [round(trade.entry_price, 2) for trade in result.trades]
    sold = [round(trade.exit_price, 2) for trade in result.trades if trade.exit_time]
    assert len(bought) == 12
    assert bought[:3] == [3643.35, 3801.03, 3872.37]
    assert bought[-1] == 4052.55
    assert len(sold) == 11
    assert (sold[0], sold[-1]) == (3763.95, 4045.05)


def test_a_series_without_any_volume_trades() -> None:
    bars = backtrader_bars()
    assert not bars.volume.any()
    assert run(SmaCross(5, 15, 0), bars, FREE).trades


def test_monthly_bars_count_twelve_to_the_year() -> None:
    path = FOLDER / "backtesting_py" / "BTCUSD.csv"
    (bars,) = bars_from_file(bar_file_reader(), path, [], "24/7").series
    assert run(SmaCross(2, 5, 0), bars, FREE).periods_per_year == 12


def test_the_file_is_read_as_it_stands() -> None:
    with (FOLDER / "backtesting_py" / "GOOG.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    bars = bars_of_file(FOLDER / "backtesting_py" / "GOOG.csv")
    columns: dict[str, Floats] = {name: np.array([float(row[name]) for row in rows]) for name in ("Open", "Close")}
    np.testing.assert_array_equal(bars.open, columns["Open"])
    np.testing.assert_array_equal(bars.close, columns["Close"])
    assert bars.instrument.symbol == "GOOG"
