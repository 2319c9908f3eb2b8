"""Several strategies on one account: whose position is whose, what each did, and what all did together."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.domain.limits import Limits
from algo_trading.errors import ConfigError
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run_portfolio, run_strategies
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from back_testing.engine.signal_limits import PACKAGED, SignalLimits
from back_testing.report import write_report
from support.backtest_program import Backtest
from support.bar_series import bars_of, random_walk
from support.candle_table import Told, trade_lines

pytestmark = pytest.mark.unit

FREE = TradingRules(cash=1000.0, costs=Costs.of(0))


def walks(*symbols: str) -> list[Bars]:
    return [bars_of(random_walk(250, seed), symbol) for seed, symbol in enumerate(symbols)]


def the_usual(rules: TradingRules) -> BacktestResult:
    return run_strategies([SmaCross(3, 9, 0), EmaCross(5, 20)], walks("A", "B"), rules)


def test_one_strategy_is_the_portfolio() -> None:
    alone = run_strategies([SmaCross(3, 9, 0)], walks("A", "B"), FREE)
    portfolio = run_portfolio(SmaCross(3, 9, 0), walks("A", "B"), FREE)
    np.testing.assert_array_equal(alone.equity, portfolio.equity)
    assert (alone.trades, alone.shares) == (portfolio.trades, ())


def test_each_strategy_sells_what_it_bought() -> None:
    series = [bars_of([10.0, 10.0, 11.0, 12.0, 13.0])]
    result = run_strategies([Told("B.S.."), Told("BS...")], series, replace(FREE, size=Size(SizeKind.SHARES, 10)))
    assert trade_lines(result) == [
        "long 10 -8763@10 -8762@11 signal",
        "long 10 -8763@10 -8761@12 signal",
    ]
    assert [trade.strategy for trade in result.trades] == [Told("BS..."), Told("B.S..")]


def test_one_may_be_long_where_another_is_short() -> None:
    rules = replace(FREE, direction=Direction.LONG_SHORT, size=Size(SizeKind.SHARES, 10), keep_open=True)
    result = run_strategies([Told("B.."), Told("S..")], [bars_of([10.0, 10.0, 20.0])], rules)
    assert result.positions[:, -1].tolist() == [10, -10]
    assert result.equity[-1] == 1000


def test_the_first_in_the_order_of_ids_gets_the_money() -> None:
    series = [bars_of([10.0] * 4)]
    for order in ([Told("B..."), Told("B...", sizes=(1.0,) * 4)], [Told("B...", sizes=(1.0,) * 4), Told("B...")]):
        result = run_strategies(order, series, replace(FREE, size=Size(SizeKind.FRACTION, 1.0)))
        (trade,) = result.trades
        assert trade.strategy.id == min(one.id for one in order)
        assert [share.refused for share in result.shares] == [0, 1]


def test_what_each_did_adds_up() -> None:
    result = the_usual(TradingRules(costs=Costs.of(0.001, interest=0.02), size=Size(SizeKind.FRACTION, 0.6)))
    assert len(result.shares) == 2
    assert all(share.n_trades for share in result.shares)
    profit = sum(share.profit for share in result.shares)
    assert result.equity[-1] == pytest.approx(10_000 + profit + result.interest)
    assert sum(share.n_trades for share in result.shares) == result.statistics.n_trades
    assert sum(share.refused for share in result.shares) == result.refused
    assert sum(share.costs_paid for share in result.shares) == pytest.approx(result.statistics.costs_paid)
    document = json.loads(json.dumps(result.as_json()))
    assert [one["params"] for one in document["strategies"]] == [
        {"fast": 5, "slow": 20},
        {"fast": 3, "slow": 9, "trend": 0},
    ]
    assert {trade["strategy"] for trade in document["trades"]} == {"sma_cross", "ema_cross"}


def test_position_limits_are_those_of_each_strategy() -> None:
    strategies = [Told("B..."), Told("B...", sizes=(1.0,) * 4)]
    limits = SignalLimits(PACKAGED, {strategies[0].id: Limits(max_positions=1), strategies[1].id: Limits()})
    rules = replace(FREE, size=Size(SizeKind.SHARES, 1), limits=limits)
    result = run_strategies(strategies, [bars_of([10.0] * 4, symbol) for symbol in "ABC"], rules)
    assert {share.strategy.id: (share.n_trades, share.at_position_limit) for share in result.shares} == {
        strategies[0].id: (1, 2),
        strategies[1].id: (3, 0),
    }


def test_the_same_strategy_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="is there twice"):
        run_strategies([SmaCross(3, 9, 0), SmaCross(3, 9, 0)], walks("A"), FREE)


def test_the_report_shows_what_each_did(tmp_path: Path) -> None:
    result = the_usual(FREE)
    write_report(tmp_path / "report.html", result, walks("A", "B"))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for said in ("What each strategy did", "ema_cross + sma_cross", "ema_cross.fast", "A position belongs to"):
        assert said in page


def test_the_command_runs_several_with_their_own_parameters(backtest: Backtest, prices: Path) -> None:
    told = ["run", "--strategy", "sma_cross:fast=3,slow=9,trend=0", "--strategy", "ema_cross:fast=5,slow=20"]
    terms = ["--interest", "0.05", "--participation", "0.5", "--max-exposure", "0.6", "--size", "volatility:0.3"]
    document = backtest(*told, *terms, "--csv", prices, "--symbol", "IBM", "--json").json
    assert [one["strategy"] for one in document["strategies"]] == ["ema_cross", "sma_cross"]
    assert document["interest"] > 0
    shown = backtest(*told, *terms, "--csv", prices, "--symbol", "IBM")
    assert shown.code == 0
    for said in ("What each strategy did", "cash earned", "60% in all positions"):
        assert said in shown.out + shown.err
    refused = backtest(*told, "--set", "fast=3", "--csv", prices)
    assert refused.code == 2
    assert "--set is for a single --strategy NAME" in refused.err
