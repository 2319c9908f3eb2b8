"""The cross strategies: what is a cross, what the trend filter does, what is said about it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Floats
from algo_trading.domain.signal import Side
from algo_trading.strategies.crosses import crosses_above, gap_confidence
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from support.bar_series import bars_of, sample_closes

pytestmark = pytest.mark.unit

NAN = np.nan


@pytest.mark.parametrize(
    ("fast", "crossed"),
    [
        ([1.0, 3.0], [False, True]),
        ([2.0, 3.0], [False, True]),  # equal is not above
        ([3.0, 3.0], [False, False]),
        ([1.0, 2.0], [False, False]),
        ([1.0, 2.0, 3.0], [False, False, True]),
        ([3.0, 1.0, 3.0], [False, False, True]),
        ([NAN, 3.0], [False, False]),
        ([1.0, NAN, 3.0], [False, False, False]),
        ([1.0, 2.0 + 1e-15], [False, False]),  # a rounding above
        ([3.0], [False]),
        ([], []),
    ],
)
def test_a_cross_is_above_now_and_not_before(fast: list[float], crossed: list[bool]) -> None:
    assert crosses_above(np.array(fast), np.full(len(fast), 2.0)).tolist() == crossed


def test_confidence_grows_with_the_gap_up_to_one_percent() -> None:
    fast, slow = np.array([100.0, 100.5, 99.5, 101.0, 150.0, NAN]), np.full(6, 100.0)
    assert gap_confidence(fast, slow, slow).tolist() == pytest.approx([0.5, 0.75, 0.75, 1, 1, 0.5])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 1e4), max_size=60), st.floats(0.01, 1e4))
def test_a_flat_price_never_trades(before: list[float], level: float) -> None:
    closes = np.array(before + [level] * 1200)
    for strategy, settled in ((SmaCross(7, 21, 50), 20), (SmaCross(3, 11, 0), 10), (EmaCross(8, 21), 600)):
        decisions = strategy.decide(bars_of(closes))
        assert not (decisions.entries | decisions.exits)[len(before) + settled :].any()


def v_shape() -> Floats:
    """Down for 60 bars, up for 60, down for 60."""
    return np.concatenate([np.linspace(200, 100, 60), np.linspace(101, 200, 60), np.linspace(199, 100, 60)])


def test_sma_cross_buys_the_turn_up_and_sells_the_turn_down() -> None:
    bars = bars_of(v_shape())
    decisions = SmaCross(5, 10, trend=0).decide(bars)
    bought, sold = np.flatnonzero(decisions.entries), np.flatnonzero(decisions.exits)
    assert len(bought) == 1
    assert len(sold) == 1
    assert 60 < bought[0] < 75
    assert 120 < sold[0] < 135
    assert decisions.side(int(bought[0])) is Side.BUY
    assert decisions.side(int(sold[0])) is Side.SELL
    assert decisions.side(-1) is Side.HOLD


def test_the_trend_filter_stops_entries_but_no_exits() -> None:
    bars = bars_of(v_shape())
    free, filtered = SmaCross(5, 10, trend=0).decide(bars), SmaCross(5, 10, trend=50).decide(bars)
    assert not filtered.entries.any()
    np.testing.assert_array_equal(filtered.exits, free.exits)
    turn = int(np.flatnonzero(free.entries)[0])
    assert SmaCross(5, 10, trend=50).explain(bars, turn) == (
        "SMA 5 (104.36) and SMA 10 (103.87) crossed upwards, but the close (107.71) is not above SMA 50 (133.99)"
    )


def test_sentences_of_sma_cross() -> None:
    bars = bars_of(v_shape())
    strategy = SmaCross(5, 10, trend=12)
    decisions = strategy.decide(bars)
    bought, sold = (int(np.flatnonzero(flags)[-1]) for flags in (decisions.entries, decisions.exits))
    assert strategy.explain(bars, bought).startswith("SMA 5 (")
    assert ") crossed above SMA 10 (" in strategy.explain(bars, bought)
    assert " while the close (" in strategy.explain(bars, bought)
    assert " is above SMA 12 (" in strategy.explain(bars, bought)
    assert ") crossed below SMA 10 (" in strategy.explain(bars, sold)
    assert strategy.explain(bars, -1).endswith(") did not cross")
    assert strategy.explain(bars, 10) == "only 11 of the 12 bars that the averages need are there"


def test_ema_cross_sells_and_buys_ibm_in_the_last_week_of_the_sample() -> None:
    closes = sample_closes()["IBM"]
    first = np.datetime64("2000-03-01", "us")
    bars = bars_of(closes, "IBM", first)
    strategy = EmaCross(8, 21)
    decisions = strategy.decide(bars)
    # The last five bars are the sessions 2013-02-25 .. 2013-03-01.
    assert [decisions.side(index) for index in range(-5, 0)] == [
        Side.SELL,
        Side.HOLD,
        Side.BUY,
        Side.HOLD,
        Side.HOLD,
    ]
    assert strategy.explain(bars, -5).startswith("EMA 8 (")
    assert ") crossed below EMA 21 (" in strategy.explain(bars, -5)
    assert ") crossed above EMA 21 (" in strategy.explain(bars, -3)
    assert strategy.explain(bars, -1).endswith(") did not cross")
    assert strategy.explain(bars, 20) == "only 21 of the 22 bars that the averages need are there"
    assert list(strategy.lines(bars)) == ["EMA 8", "EMA 21"]


@pytest.mark.parametrize(("trend", "names"), [(0, ["SMA 7", "SMA 21"]), (50, ["SMA 7", "SMA 21", "SMA 50"])])
def test_lines_of_sma_cross(trend: int, names: list[str]) -> None:
    assert list(SmaCross(trend=trend).lines(bars_of([1.0] * 60))) == names


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fast": 0}, "fast must be a whole number from 1 to 10000, not 0"),
        ({"slow": 10_001}, "slow must be a whole number"),
        ({"fast": 7.0}, "fast must be a whole number"),
        ({"fast": True}, "fast must be a whole number"),
        ({"fast": "7"}, "fast must be a whole number"),
        ({"fast": 21, "slow": 21}, r"fast \(21\) must be below slow \(21\)"),
    ],
)
def test_parameters_out_of_range_are_refused(params: dict[str, int], message: str) -> None:
    for strategy in (SmaCross, EmaCross):
        with pytest.raises(ValueError, match=message):
            strategy(**params)
    with pytest.raises(ValueError, match="trend must be a whole number"):
        SmaCross(trend=-1)
