"""Several instruments, one capital."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import ConfigError
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import allocation, run, run_portfolio
from back_testing.engine.market import Market
from back_testing.engine.rules import Direction, FillAt, Size, SizeKind, TradingRules
from support.bar_series import bars_of, random_walk
from support.candle_table import candles
from support.fuzz import examples

pytestmark = pytest.mark.unit

FREE = TradingRules(cash=1000, costs=Costs.of(0))


def bars(symbol: str, seed: int, n: int = 120) -> Bars:
    walk = bars_of(random_walk(n, seed), symbol)
    opens: Floats = np.append(walk.close[:1], walk.close[:-1]) * 1.001
    high, low = np.maximum(opens, walk.close) * 1.01, np.minimum(opens, walk.close) * 0.99
    return replace(walk, open=opens, high=high, low=low)


rules_of_all_kinds = st.builds(
    TradingRules,
    cash=st.just(10_000.0),
    costs=st.sampled_from([Costs.of(0), Costs.of(0.001, slippage_bps=5, commission_fixed=1)]),
    fill=st.sampled_from(FillAt),
    direction=st.sampled_from(Direction),
    size=st.sampled_from([Size(), Size(SizeKind.FRACTION, 0.3), Size(SizeKind.SHARES, 5.0)]),
    whole_shares=st.booleans(),
    stop_loss=st.sampled_from([None, 0.03]),
    trailing_stop=st.sampled_from([None, 0.05]),
    keep_open=st.booleans(),
)


@settings(max_examples=examples(60), deadline=None)
@given(rules=rules_of_all_kinds, seed=st.integers(0, 50))
def test_a_portfolio_of_one_is_a_run(rules: TradingRules, seed: int) -> None:
    alone = bars("A", seed)
    strategy = SmaCross(3, 8, 0)
    single = run(strategy, alone, rules)
    # A second instrument that is never traded: its bars hold no crossing.
    flat = bars_of(np.full(len(alone), 50.0), "B")
    if rules.size.kind is SizeKind.ALL:
        rules = replace(rules, size=Size(SizeKind.FRACTION, 1.0))
    both = run_portfolio(strategy, [alone, flat], rules)
    np.testing.assert_allclose(both.equity, single.equity, rtol=1e-12)
    assert [trade.pnl for trade in both.trades] == pytest.approx([trade.pnl for trade in single.trades])
    assert [(t.symbol, t.entry_time, t.reason) for t in both.trades] == [
        (t.symbol, t.entry_time, t.reason) for t in single.trades
    ]
    np.testing.assert_allclose(both.positions[0], single.positions[0], rtol=1e-12)


@settings(max_examples=examples(60), deadline=None)
@given(rules=rules_of_all_kinds, seeds=st.lists(st.integers(0, 50), min_size=2, max_size=4, unique=True))
def test_the_books_balance(rules: TradingRules, seeds: list[int]) -> None:
    series = [bars(f"S{seed}", seed, 60 + seed) for seed in seeds]
    result = run_portfolio(SmaCross(3, 8, 0), series, rules)
    assert result.equity[-1] == pytest.approx(rules.cash + sum(trade.pnl for trade in result.trades))
    assert len(result.equity) == len(result.times) == max(len(one) for one in series)
    if rules.direction is Direction.LONG:
        assert (result.invested <= 1 + 1e-9).all()  # nothing is borrowed
    assert result.statistics.n_trades == len([trade for trade in result.trades if trade.exit_time])


def test_the_capital_is_shared_equally() -> None:
    one, buy = candles(
        """
        0 B 100 100 100 100
        1 . 100 100 100 100
        2 . 110 110 110 110
        """
    )
    other = replace(one, instrument=Instrument("OTHER"))
    result = run_portfolio(buy, [one, other], FREE)
    assert [(trade.symbol, trade.size, trade.pnl) for trade in result.trades] == [("TEST", 5, 50), ("OTHER", 5, 50)]
    assert result.allocation == "the capital is shared equally: each entry takes 1/2 of the equity"
    assert result.statistics.buy_and_hold_return == pytest.approx(0.1)


def test_what_is_sold_pays_for_what_is_bought_at_the_same_open() -> None:
    first, decisions = candles(
        """
        0 B 100 100 100 100
        1 . 100 100 100 100
        2 S 100 100 100 100
        3 . 100 100 100 100
        """
    )
    second, later = candles(
        """
        0 . 100 100 100 100
        1 . 100 100 100 100
        2 B 100 100 100 100
        3 . 100 100 100 100
        """,
        "OTHER",
    )
    market = Market([second, first])  # the buyer comes first in the list, and is filled after the seller all the same
    outcome = market.trade(
        replace(FREE, size=Size(SizeKind.FRACTION, 1.0)), [later.decide(second), decisions.decide(first)]
    )
    assert outcome.refused == 0
    assert outcome.held.tolist() == [[0, 0, 0, 0], [0, 10, 10, 0]]
    assert len(outcome.trades) == 2


def test_an_entry_that_finds_no_free_money_is_refused() -> None:
    one, buy = candles(
        """
        0 B 100 100 100 100
        1 . 100 100 100 100
        2 . 110 110 110 110
        """
    )
    rules = replace(FREE, size=Size(SizeKind.FRACTION, 1.0))
    result = run_portfolio(buy, [one, replace(one, instrument=Instrument("OTHER"))], rules)
    assert [trade.symbol for trade in result.trades] == ["OTHER"]  # in the order of the symbols, as live
    assert result.refused == 1


def test_a_symbol_without_a_bar_keeps_its_last_close_and_its_order_waits() -> None:
    whole, wait = candles(
        """
        0 . 100 100 100 100
        1 . 100 100 100 100
        2 . 100 100 100 100
        3 . 100 100 100 100
        """
    )
    gap, buy = candles(
        """
        0 B 50 50 50 50
        2 . 60 60 60 60
        """,
        "GAP",
    )
    outcome = Market([whole, gap]).trade(FREE, [wait.decide(whole), buy.decide(gap)])
    assert outcome.held[1].tolist() == [0, 0, 8, 0]  # half of 1000 at 60; sold at its last close when all is over
    assert outcome.equity.tolist() == [1000, 1000, 1000, 1000]


def test_an_instrument_is_not_there_twice() -> None:
    one = bars("A", 1)
    with pytest.raises(ConfigError, match="A is there twice"):
        run_portfolio(SmaCross(3, 8, 0), [one, one], FREE)


@pytest.mark.parametrize(
    ("size", "symbols", "sentence"),
    [
        (Size(), 1, "each entry takes the whole equity"),
        (Size(), 4, "the capital is shared equally: each entry takes 1/4 of the equity"),
        (Size(SizeKind.FRACTION, 0.25), 1, "each entry takes 0.25 of the equity"),
        (Size(SizeKind.SHARES, 10), 1, "each entry takes 10 shares"),
        (
            Size(SizeKind.CASH, 1000),
            3,
            "each entry takes 1,000.00 of the money, as long as the capital that 3 positions share has enough free",
        ),
    ],
)
def test_the_allocation_is_told(size: Size, symbols: int, sentence: str) -> None:
    assert allocation(replace(FREE, size=size), symbols) == sentence
    suggested = sentence.replace("takes ", "takes the shares that the strategy suggests, at most ")
    assert allocation(replace(FREE, size=size), symbols, suggests_shares=True) == suggested
