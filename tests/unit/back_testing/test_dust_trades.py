"""Portfolios in fractions of shares: what rounding leaves over is no money to trade with."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.costs import Costs
from back_testing.engine.backtest import run_portfolio
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from reference.portfolio import Day, Portfolio
from support.bar_series import bars_of
from support.candle_table import Told
from support.fuzz import examples

pytestmark = pytest.mark.unit

WORDS = {"B": "buy", "S": "sell", ".": ""}


def simulated(opens: np.ndarray, closes: np.ndarray, said: list[str], rules: TradingRules) -> BacktestResult:
    """Both tables (symbols, days); what is said is one letter for each day."""
    series = [
        replace(
            bars_of(close, f"S{k}"), open=open_, high=np.maximum(open_, close) + 1, low=np.minimum(open_, close) / 2
        )
        for k, (open_, close) in enumerate(zip(opens, closes, strict=True))
    ]
    told = {bars.instrument: Told(letters) for bars, letters in zip(series, said, strict=True)}

    class Each(Told):
        """Says for each instrument what is told of it."""

        def decide(self, bars):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as Told
            return told[bars.instrument].decide(bars)

    return run_portfolio(Each(said[0]), series, rules)


def plain(opens: np.ndarray, closes: np.ndarray, said: list[str], rules: TradingRules) -> tuple[Portfolio, list[float]]:
    account = Portfolio(
        cash=rules.cash,
        fraction=rules.size.amount,
        commission=float(rules.costs.commission),
        whole_shares=rules.whole_shares is not False,
        shorts=rules.direction is Direction.LONG_SHORT,
    )
    days = [
        {
            f"S{k}": Day(float(opens[k, day]), float(closes[k, day]), WORDS[said[k][day]])
            for k in range(len(said))
        }
        for day in range(opens.shape[1])
    ]  # fmt: skip
    return account, account.trade(days)


def test_what_rounding_leaves_buys_nothing() -> None:
    """Three symbols want a third each, and prices that are not round leave 2e-13 of money to the fourth."""
    opens = np.array([[19.99] * 6, [7.13] * 6, [3.33] * 6, [7.7] * 6])
    said = ["B..S.."] * 4
    rules = TradingRules(
        cash=1000.0, costs=Costs.of(0), whole_shares=False, size=Size(SizeKind.FRACTION, 1 / 3)
    )  # fmt: skip
    result = simulated(opens, opens, said, rules)
    assert [trade.symbol for trade in result.trades] == ["S0", "S1", "S2"]
    assert result.refused == 1


@settings(max_examples=examples(50), deadline=None)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_portfolios_trade_as_the_plain_one_does(data: st.DataObject, seed: int) -> None:
    chance = np.random.default_rng(seed)
    symbols, n = data.draw(st.integers(2, 5)), data.draw(st.integers(3, 40))
    closes = np.round(20 * np.exp(np.cumsum(chance.normal(0, 0.03, (symbols, n)), axis=1)), 2)
    opens = np.round(closes * chance.uniform(0.98, 1.02, (symbols, n)), 2)
    said = ["".join(chance.choice([".", ".", "B", "S"], n)) for _ in range(symbols)]
    rules = TradingRules(
        cash=1000.0,
        costs=data.draw(st.sampled_from([Costs.of(0), Costs.of(0.001)])),
        direction=data.draw(st.sampled_from(Direction)),
        size=Size(SizeKind.FRACTION, data.draw(st.sampled_from([0.25, 1 / 3, 0.5, 1.0]))),
        whole_shares=data.draw(st.booleans()),
    )
    result = simulated(opens, closes, said, rules)
    account, curve = plain(opens, closes, said, rules)
    np.testing.assert_allclose(result.equity, curve, rtol=1e-9)
    ours = sorted(
        (t.symbol, t.size * (1 if t.side == "long" else -1), t.entry_price, t.exit_price) for t in result.trades
    )
    assert ours == [pytest.approx(row[:4]) for row in sorted(account.trades)]
    assert result.refused == account.refused
    won = [row[4] > 0 for row in account.trades]
    if won:
        assert result.statistics.win_rate == pytest.approx(sum(won) / len(won))
