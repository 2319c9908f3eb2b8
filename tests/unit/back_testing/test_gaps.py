"""A series with a gap: refused, unless it is asked for, and then said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import ConfigError
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run, run_portfolio
from back_testing.engine.gaps import gaps
from back_testing.engine.rules import TradingRules
from back_testing.search.sweep import best, sweep
from back_testing.search.symbols import run_symbols
from back_testing.search.walk_forward import Plan, walk_forward
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.unit

CROSS = SmaCross(3, 8, 0)
HOLE = (
    r"TEST has no bars between 2000-07-20 and 2002-07-21 \(731 days\): load the missing bars, stay on one side with "
    r"--from and --to, or trade over it with --allow-gaps"
)


def with_a_hole(at: int = 200, days: int = 730) -> Bars:
    """Two years are missing, and with them a split of seven for one."""
    bars = bars_of(random_walk(400, 1))
    opened, closed = bars.opened_at.copy(), bars.closed_at.copy()
    opened[at:] += np.timedelta64(days, "D")
    closed[at:] += np.timedelta64(days, "D")
    prices: dict[str, Any] = {
        name: np.append(bars.close[:at], bars.close[at:] / 7) for name in ("open", "high", "low", "close")
    }
    return replace(bars, opened_at=opened, closed_at=closed, **prices)


WAYS: dict[str, Callable[[Bars, TradingRules], object]] = {
    "run": lambda bars, rules: run(CROSS, bars, rules),
    "portfolio": lambda bars, rules: run_portfolio(CROSS, [bars_of(random_walk(400, 2), "OTHER"), bars], rules),
    "sweep": lambda bars, rules: best(sweep(SmaCross, {"fast": [3, 4]}, bars, rules, fixed={"trend": 0}), "sharpe", 1),
    "many symbols": lambda bars, rules: run_symbols(CROSS, [bars], rules),
    "walk-forward": lambda bars, rules: walk_forward("sma_cross", {"trend": [0]}, bars, rules, Plan(150, 100)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_hole_is_refused_unless_it_is_asked_for(way: str) -> None:
    with pytest.raises(ConfigError, match=HOLE):
        WAYS[way](with_a_hole(), TradingRules())
    WAYS[way](with_a_hole(), TradingRules(allow_gaps=True))


def test_what_was_traded_over_is_said() -> None:
    result = run(CROSS, with_a_hole(), TradingRules(allow_gaps=True))
    assert result.notes == (
        "TEST has no bars between 2000-07-20 and 2002-07-21 (731 days): positions are held over it at the last close",
    )
    assert result.as_json()["notes"] == list(result.notes)


def test_one_side_of_it_may_be_traded() -> None:
    bars = with_a_hole()
    assert run(CROSS, bars, TradingRules(), date(2002, 7, 22)).notes == ()
    with pytest.raises(ConfigError, match="has no bars between"):  # the first bar's warm-up is on the other side
        run(CROSS, bars, TradingRules(), date(2002, 7, 21))
    assert run(CROSS, bars[:200], TradingRules()).notes == ()


def test_several_are_counted() -> None:
    bars = with_a_hole(300, 40)
    shifted = bars.opened_at.copy()
    shifted[100:] += np.timedelta64(60, "D")
    with pytest.raises(ConfigError, match=r"\(61 days\), and 1 more such gaps: "):
        run(CROSS, replace(bars, opened_at=shifted), TradingRules())


@pytest.mark.parametrize(
    ("venue", "days", "found"),
    [("XNYS", 14, 0), ("XNYS", 15, 1), ("24/7", 2, 0), ("24/7", 3, 1), ("BINANCE", 3, 1)],
)
def test_holidays_and_short_outages_are_none(venue: str, days: int, found: int) -> None:
    bars = replace(with_a_hole(200, days), instrument=Instrument("TEST", venue))
    assert len(gaps(bars)) == found


def test_weekly_and_monthly_bars_are_as_far_apart_as_they_are() -> None:
    for step in (7, 30):
        bars = bars_of(random_walk(100, 1))
        opened = bars.opened_at[0] + np.arange(100) * np.timedelta64(step, "D")
        assert gaps(replace(bars, opened_at=opened)) == []
        opened = np.append(opened[:50], opened[50:] + np.timedelta64(6 * step, "D"))
        assert len(gaps(replace(bars, opened_at=opened))) == 1


@pytest.mark.parametrize("at", [1, 127, 128, 129, 10_000, 20_000 - 1])
def test_a_gap_in_many_minutes_is_found_wherever_it_is(at: int) -> None:
    bars = bars_of(np.full(20_000, 10.0))
    opened = bars.opened_at[0] + np.arange(20_000) * np.timedelta64(1, "m")
    assert gaps(replace(bars, opened_at=opened)) == []
    opened[at:] += np.timedelta64(16, "D")
    (gap,) = gaps(replace(bars, opened_at=opened))
    assert (gap.after - gap.before).days >= 15
