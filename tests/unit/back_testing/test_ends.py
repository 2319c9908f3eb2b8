"""What becomes of positions in what is delisted, merged, or has no bars any more."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import midnight
from algo_trading.repositories.bars import bars_table
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import data_hash, run, run_portfolio
from back_testing.engine.data import History, ReadHistory
from back_testing.engine.ends import End, ends_of
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Size, SizeKind, TradingRules
from back_testing.engine.trade import ExitReason
from back_testing.search.sweep import sweep
from fakes.bars import FakeBars, FakeCorporateActions
from support.bar_series import bars_of, random_walk
from support.candle_table import Told
from support.factories import joining

pytestmark = pytest.mark.unit

RULES = TradingRules(cash=1000.0, costs=Costs.of(0.01), size=Size(SizeKind.SHARES, 10))
LEH, OTHER = Instrument("LEH"), Instrument("OTHER")


def ended(bars: Bars, days: int, price: float, reason: ExitReason = ExitReason.DELISTED) -> End:
    """An end so many days after the last bar."""
    last = bars.session(-1)
    return End(bars.instrument, last + timedelta(days=days), price, reason, last)


def lines(result: BacktestResult) -> list[tuple[str, float, str, float]]:
    """Symbol, exit price, reason and profit of each trade."""
    return [(one.symbol, one.exit_price, str(one.reason), round(one.pnl, 6)) for one in result.trades]


def test_what_is_held_is_closed_at_the_price_that_was_told_and_nobody_takes_a_fee() -> None:
    bars = bars_of([10.0, 10.0, 4.0], "LEH")
    result = run(Told("B.."), bars, replace(RULES, ends=(ended(bars, 3, 0.05),)))
    assert lines(result) == [("LEH", 0.05, "delisted", 0.5 - 100 - 1)]
    assert result.equity[-1] == pytest.approx(1000 - 101 + 0.5)
    assert result.notes == ("LEH was delisted on 2000-01-08: what was held of it then is closed at 0.05 a share",)
    assert result.data_hash != data_hash([bars])


def test_without_a_price_it_is_written_off() -> None:
    bars = bars_of([10.0, 10.0, 4.0], "LEH")
    result = run(Told("B.."), bars, replace(RULES, keep_open=True, ends=(ended(bars, 3, 0.0),)))
    assert lines(result) == [("LEH", 0.0, "delisted", -101.0)]
    assert result.benchmark[-1] == pytest.approx(1000 - 99 * 10 * 1.01)
    assert result.notes[0].endswith("what was held of it then is written off")


def test_an_order_that_waits_for_it_is_gone() -> None:
    leh, other = bars_of([10.0, 10.0, 4.0], "LEH"), bars_of([10.0] * 8, "OTHER")
    sold_late = Told("B.S")
    result = run_portfolio(sold_late, [leh], replace(RULES, ends=(ended(leh, 2, 0.05),)))
    assert lines(result) == [("LEH", 0.05, "delisted", -100.5)]
    together = run_portfolio(Told("B.S....."), [leh, other], replace(RULES, ends=(ended(leh, 2, 0.05),)))
    assert [line for line in lines(together) if line[0] == "LEH"] == lines(result)
    assert [str(trade.exit_time)[:10] for trade in together.trades if trade.symbol == "LEH"] == ["2000-01-07"]


def test_what_is_paid_can_be_spent_again() -> None:
    leh, other = bars_of([10.0, 10.0], "LEH"), bars_of([10.0] * 5, "OTHER")
    rules = TradingRules(cash=1000.0, costs=Costs.of(0), size=Size(SizeKind.FRACTION, 1.0))
    told = [replace(one, ends=(ended(leh, 1, 10.0),)) if paid else one for one, paid in ((rules, True), (rules, False))]
    entries = [
        [
            trade.entry_time.day
            for trade in run_portfolio(Told("B.B.."), [leh, other], one).trades
            if trade.symbol == "OTHER"
        ]
        for one in told
    ]
    assert entries == [[6], []]


def test_bars_that_end_without_a_word_keep_their_last_close_and_the_trade_ends_at_them() -> None:
    dead, alive = bars_of([10.0, 10.0, 4.0], "DEAD"), bars_of([10.0] * 40, "ALIVE")
    result = run_portfolio(Told("B" + "." * 39), [dead, alive], RULES)
    trade = next(one for one in result.trades if one.symbol == "DEAD")
    assert (str(trade.exit_time)[:10], trade.exit_price, str(trade.reason)) == ("2000-01-05", 4.0, "end_of_data")
    assert result.positions[0].tolist() == [0.0, *[10.0] * 38, 0.0]
    (note,) = result.notes
    assert note.startswith("DEAD has no bars after 2000-01-05 and nothing tells why")
    assert run_portfolio(Told("B...."), [dead, alive[:5]], RULES).notes == ()  # a few days are no end


def test_sweeps_know_the_end() -> None:
    bars = bars_of(random_walk(150))
    rules = TradingRules(costs=Costs.of(0.001), whole_shares=False, ends=(ended(bars, 5, 0.01),))
    (block,) = sweep(SmaCross, {"fast": [3, 5], "slow": [10, 20, 150]}, bars, rules, fixed={"trend": 0})
    held = []
    for row in range(len(block)):
        strategy = SmaCross(int(block.params["fast"][row]), int(block.params["slow"][row]), 0)
        result = run(strategy, bars, rules)
        held.append(any(trade.reason is ExitReason.DELISTED for trade in result.trades))
        for name in ("final_equity", "sharpe", "n_trades", "win_rate"):
            expected = pytest.approx(float(getattr(result.statistics, name)), rel=1e-9, nan_ok=True)
            assert block.statistics[name][row] == expected
    assert any(held)


def test_bars_that_are_cut_off_before_do_not_reach_the_end() -> None:
    bars = bars_of([10.0, 10.0, 4.0, 4.0], "LEH")
    rules = replace(RULES, ends=(ended(bars, 3, 0.0),))
    result = run(Told("B.."), bars[:3], rules)
    assert [(one.exit_price, str(one.reason)) for one in result.trades] == [(4.0, "end_of_data")]
    assert result.notes == ()


def read(*actions: CorporateAction, last: date | None = None) -> History:
    """What the database says of LEH, three bars long, beside OTHER, ten bars long."""
    bars, stored = FakeBars(), FakeCorporateActions()
    other = bars_of(np.arange(20.0, 30.0), "OTHER")
    bars.upsert(bars_table([bars_of([10.0, 10.0, 4.0], "LEH"), other]), "test")
    stored.upsert(actions, PERSON)
    moment = midnight(last) if last else None
    return ReadHistory(bars, stored, joining())([bars_of([1.0], "LEH").series], moment)


DELISTED = CorporateAction(LEH, date(2000, 1, 10), ActionKind.DELISTED, 0.05)
MERGED = CorporateAction(LEH, date(2000, 1, 7), ActionKind.MERGED, 0.5, "OTHER")


def test_the_database_tells_of_delistings() -> None:
    (end,) = read(DELISTED).ends
    assert end == End(LEH, date(2000, 1, 10), 0.05, ExitReason.DELISTED, date(2000, 1, 5))
    assert read(DELISTED, last=date(2000, 1, 9)).ends == ()
    assert read().ends == ()


def test_what_was_merged_is_worth_what_its_shares_became() -> None:
    (end,) = read(MERGED).ends
    assert (end.price, end.reason, end.into) == (0.5 * 24.0, ExitReason.MERGED, "OTHER")
    assert str(end) == "LEH was merged into OTHER on 2000-01-07: what was held of it then is closed at 12 a share"
    assert read(replace(MERGED, target="NOBODY")).ends == ()


def test_the_first_end_counts_and_what_never_traded_has_none() -> None:
    bars = bars_of([10.0, 10.0, 4.0], "LEH")
    (end,) = ends_of([bars], [DELISTED, MERGED], lambda _instrument, _day: 24.0)
    assert end.reason is ExitReason.MERGED
    early = replace(DELISTED, ex_date=date(2000, 1, 3))
    assert ends_of([bars], [early, replace(DELISTED, instrument=OTHER)], lambda _instrument, _day: None) == ()
