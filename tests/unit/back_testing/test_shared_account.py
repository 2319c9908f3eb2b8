"""Interest, borrow fees, limits on volume and exposure, several strategies: as the plain account does it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.account_rules import NO_RULES, AccountRules
from algo_trading.domain.costs import Costs
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import REASONS, run, run_portfolio
from back_testing.engine.ends import End
from back_testing.engine.kernels.account import END_OF_DATA, INSTRUMENT, LAST_BAR, REASON
from back_testing.engine.market import Market, Outcome
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from back_testing.engine.shared_account import trade_together
from back_testing.engine.trade import ExitReason
from back_testing.search.sweep import sweep
from back_testing.search.symbols import run_symbols
from reference.shared_account import Account, Position, Rules, trade
from support.bar_series import bars_of, random_walk
from support.candle_table import Told, trade_lines, traded
from support.fuzz import examples
from support.shared_markets import RandomMarket, random_market

pytestmark = pytest.mark.unit

SEEDS = st.integers(0, 100_000)
PlainEnds = dict[str, tuple[date, float, str]]
CAPS = ("max_instrument", "max_strategy", "max_exposure", "max_net")
FREE = TradingRules(cash=1000.0, costs=Costs.of(0))


def capped(caps: dict[str, Any]) -> AccountRules:
    return AccountRules(**caps)


@st.composite
def some_rules(draw: st.DrawFn) -> TradingRules:
    """Rules with any of the terms, or none."""
    caps: dict[str, Any] = {
        name: draw(st.sampled_from([None, None, Decimal("0.3"), Decimal("0.75"), Decimal(1)])) for name in CAPS
    }
    return TradingRules(
        cash=1000.0,
        costs=Costs.of(
            draw(st.sampled_from([0.0, 0.001])),
            interest=draw(st.sampled_from([0.0, 0.3])),
            borrow=draw(st.sampled_from([0.0, 0.5])),
            participation=draw(st.sampled_from([None, 0.1, 0.5])),
        ),
        direction=draw(st.sampled_from(Direction)),
        size=Size(SizeKind.FRACTION, draw(st.sampled_from([0.25, 1 / 3, 1.0]))),
        whole_shares=draw(st.booleans()),
        stop_loss=draw(st.sampled_from([None, 0.03, 0.1])),
        max_age=draw(st.sampled_from([None, None, 24.0, 60.0, 240.0])),
        caps=capped(caps),
    )


def simulated(market: RandomMarket, rules: TradingRules) -> Outcome:
    decisions = [[strategy.decide(bars) for bars in market.series] for strategy in market.strategies]
    return trade_together(Market(market.series), rules, decisions, [None] * len(decisions))


def plain(market: RandomMarket, rules: TradingRules, ends: PlainEnds | None = None) -> tuple[Account, list[float]]:
    costs, caps = rules.costs, rules.caps
    given = {name: float(cap) for name in CAPS if (cap := getattr(caps, name)) is not None}
    if costs.participation is not None:
        given["participation"] = float(costs.participation)
    if rules.stop_loss is not None:
        given["stop_loss"] = rules.stop_loss
    if rules.max_age is not None:
        given["max_age"] = rules.max_age / 24
    terms = Rules(
        commission=float(costs.commission),
        interest=float(costs.interest),
        borrow=float(costs.borrow),
        fraction=rules.size.amount,
        whole_shares=rules.whole_shares is not False,
        shorts=rules.direction is Direction.LONG_SHORT,
        **given,
    )
    account = Account(rules.cash, terms, {key: Position() for key in market.letters[0]})
    return account, trade(account, list(market.days), market.plain, market.letters, ends)


@settings(max_examples=examples(50), deadline=None)
@given(seed=SEEDS, shape=st.tuples(*(st.integers(1, 3),) * 2, st.integers(2, 30)), rules=some_rules())
def test_it_trades_as_the_plain_account(seed: int, shape: tuple[int, int, int], rules: TradingRules) -> None:
    """`shape`: strategies, symbols, days."""
    same_account(random_market(seed, *shape), rules)


@settings(max_examples=examples(120), deadline=None)
@given(seed=SEEDS, shape=st.tuples(st.integers(1, 3), st.integers(2, 4), st.integers(2, 30)), rules=some_rules())
def test_what_ends_is_closed_as_the_plain_account_does(
    seed: int, shape: tuple[int, int, int], rules: TradingRules
) -> None:
    """Of symbols whose bars end some are told to be delisted or merged, before the end of all bars or after it."""
    market, chance = random_market(seed, *shape, ending=True), np.random.default_rng(seed)
    ends = []
    for bars in market.series:
        if chance.random() < 0.6 and len(bars) > 1:
            after = int(chance.integers(0, len(bars)))  # it may be traded again after its end
            day = bars.session(after) + timedelta(days=int(chance.integers(1, 9)))
            after = int(np.searchsorted(bars.sessions, np.datetime64(day))) - 1
            reason = ExitReason.MERGED if chance.random() < 0.3 else ExitReason.DELISTED
            worth = float(chance.choice([0.0, 0.05, 17.0, 40.0]))
            ends.append(End(bars.instrument, day, worth, reason, bars.session(after)))
    same_account(market, replace(rules, ends=tuple(ends)))


def same_account(market: RandomMarket, rules: TradingRules) -> None:
    """The compiled account and the plain one do the same on a market."""
    outcome = simulated(market, rules)
    account, curve = plain(
        market, rules, {one.instrument.symbol: (one.day, one.price, one.reason) for one in rules.ends}
    )
    np.testing.assert_allclose(outcome.equity, curve, rtol=1e-9, atol=1e-7)
    keys = list(market.letters[0])
    ours = [
        (*keys[int(row[0])], *row[3:7], str(REASONS[int(row[8])]))  # size, prices, profit
        for row in outcome.trades.tolist()
    ]
    assert len(ours) == len(account.trades)
    for one, other in zip(sorted(ours), sorted(account.trades), strict=True):
        assert one[:2] == other[:2]
        assert one[2:6] == pytest.approx(other[2:6], rel=1e-7, abs=1e-6)
        assert one[6] == other[6]
    assert (outcome.refused, outcome.above_cap) == (account.refused, account.capped)
    assert outcome.interest == pytest.approx(account.interest)
    left = outcome.trades[outcome.trades[:, REASON] == END_OF_DATA]
    lengths = [len(bars) for bars in market.series]
    assert [row[LAST_BAR] for row in left] == [lengths[int(row[INSTRUMENT]) % len(lengths)] - 1 for row in left]


@settings(max_examples=examples(60), deadline=None)
@given(seed=SEEDS, symbols=st.integers(1, 4), rules=some_rules(), limit=st.sampled_from([None, 1, 2]))
def test_without_terms_it_is_the_portfolio(seed: int, symbols: int, rules: TradingRules, limit: int | None) -> None:
    """The quick loops and the one that knows everything come to the same, to the last digit."""
    rules = replace(rules, costs=Costs(rules.costs.commission), caps=NO_RULES, max_age=None, keep_open=seed % 2 == 0)
    market = random_market(seed, 1, symbols, 25, ending=seed % 3 == 0)
    decisions = [market.strategies[0].decide(bars) for bars in market.series]
    quick = Market(market.series).trade(rules, decisions, limit if symbols > 1 else None)
    shared = trade_together(Market(market.series), rules, [decisions], [limit if symbols > 1 else None])
    np.testing.assert_array_equal(quick.equity, shared.equity)
    np.testing.assert_array_equal(quick.held, shared.held)
    np.testing.assert_array_equal(quick.trades, shared.trades)
    assert (quick.refused, quick.at_position_limit) == (shared.refused, shared.at_position_limit)
    assert (shared.interest, shared.above_cap) == (0.0, 0)


def test_cash_earns_a_365th_of_the_rate_each_night() -> None:
    table = """
    0 . 10 10 10 10
    3 . 10 10 10 10
    4 . 10 10 10 10
    """
    result = traded(table, replace(FREE, costs=Costs.of(0, interest=0.365)))
    assert result.equity.tolist() == pytest.approx([1000, 1003, 1003 * 1.001])
    assert result.interest == pytest.approx(1003 * 1.001 - 1000)
    assert result.statistics.final_equity == pytest.approx(1000 + result.interest)


def test_short_positions_pay_for_what_they_borrow() -> None:
    table = """
    0 S 10 10 10 10
    1 . 10 10 10 10
    2 . 20 20 20 20
    5 B 20 20 20 20
    6 . 20 20 20 20
    """
    rules = replace(
        FREE, costs=Costs.of(0, borrow=0.365), direction=Direction.LONG_SHORT, size=Size(SizeKind.SHARES, 10)
    )
    result = traded(table, rules)
    fees = 0.001 * (10 * 10 + 3 * 10 * 20 + 10 * 20)
    short = result.trades[0]
    assert short.side == "short"
    assert (short.costs, short.pnl) == pytest.approx((fees, -100 - fees))
    assert result.equity[3] == pytest.approx(1000 - 100 - 0.001 * (100 + 600))


def test_an_entry_ends_with_its_volume_and_an_exit_goes_on() -> None:
    table = """
    0 B 10 10 10 10 1000
    1 . 10 10 10 10 600
    2 S 10 10 10 10 1000
    3 B 11 11 11 11 250
    4 . 12 12 12 12 50
    5 . 13 13 13 13 1000
    6 . 13 13 13 13 1000
    """
    result = traded(table, replace(FREE, costs=Costs.of(0, participation=0.1)))
    assert trade_lines(result) == [
        "long 25 1@10 3@11 signal",
        "long 5 1@10 4@12 signal",
        "long 30 1@10 5@13 signal",
    ]
    assert result.refused == 0


def test_a_stop_that_volume_cuts_goes_on_at_the_next_open() -> None:
    table = """
    0 B 10 10 10 10 1000
    1 . 10 10 10 10 1000
    2 . 10 10  8  9 30
    3 . 12 12 12 12 1000
    """
    result = traded(table, replace(FREE, costs=Costs.of(0, participation=0.5), stop_loss=0.1))
    assert trade_lines(result) == ["long 15 1@10 2@9 stop_loss", "long 85 1@10 3@12 stop_loss"]


def test_sweeps_and_many_symbols_know_the_terms() -> None:
    bars = replace(bars_of(random_walk(300)), volume=np.full(300, 400.0))
    rules = TradingRules(costs=Costs.of(0.001, interest=0.05, participation=0.1), whole_shares=False)
    (block,) = sweep(SmaCross, {"fast": [3, 5], "slow": [10, 20]}, bars, rules, fixed={"trend": 0})
    for row in range(len(block)):
        strategy = SmaCross(int(block.params["fast"][row]), int(block.params["slow"][row]), 0)
        result, alone = run(strategy, bars, rules), run_symbols(strategy, [bars], rules)
        assert result.interest > 0
        for name in ("final_equity", "sharpe", "max_drawdown", "exposure", "n_trades", "win_rate"):
            expected = pytest.approx(float(getattr(result.statistics, name)), rel=1e-9, nan_ok=True)
            assert block.statistics[name][row] == expected
            assert alone[name][0] == expected


def test_hours_are_counted_from_the_true_opens_of_sessions() -> None:
    """From Friday's open to Monday's are 71 hours, where clocks go forward between them."""
    table = """
    66 B 10 10 10 10
    67 . 10 10 10 10
    70 . 11 11 11 11
    71 . 12 12 12 12
    """
    assert trade_lines(traded(table, replace(FREE, max_age=71.0))) == ["long 100 67@10 70@11 max_age"]
    assert trade_lines(traded(table, replace(FREE, max_age=71.5))) == ["long 100 67@10 71@12 max_age"]


@pytest.mark.parametrize(
    ("cap", "entries"),
    [("max_instrument", 3), ("max_strategy", 2), ("max_exposure", 2), ("max_net", 2)],
)
def test_each_cap_refuses_what_would_be_too_much(cap: str, entries: int) -> None:
    series = [bars_of([10.0] * 4, symbol) for symbol in "ABC"]
    rules = replace(FREE, size=Size(SizeKind.FRACTION, 0.25), caps=capped({cap: Decimal("0.5")}))
    result = run_portfolio(Told("B..."), series, rules)
    assert (len(result.trades), result.above_cap) == (entries, 3 - entries)
