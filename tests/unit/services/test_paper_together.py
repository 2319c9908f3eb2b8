"""Several strategies on one paper account end as the backtest of them all does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, midnight
from algo_trading.repositories.periods import Stage
from back_testing.engine.backtest import run_strategies
from back_testing.engine.ends import End
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from back_testing.engine.trade import ExitReason
from contracts.bars import bar_row, bar_rows
from support.bar_series import bars_of
from support.fuzz import examples
from support.paper_desk import DAYS, FAST, IBM, MSFT, SLOW, USUAL, PaperDesk, a_signal, a_state
from support.shared_markets import ToldEach

pytestmark = pytest.mark.unit

SHARES = 7
SIDES = {"B": Side.BUY, "S": Side.SELL}
HOLDINGS = [(strategy, instrument) for strategy in (FAST, SLOW) for instrument in (IBM, MSFT)]


def lived(
    series: list[Bars], said: list[str], cash: str, end: CorporateAction | None = None, *, shorts: bool
) -> PaperDesk:
    desk = PaperDesk(a_state(cash, costs=USUAL, shorts=shorts))
    if end is not None:
        desk.trading.actions.upsert([end], PERSON)
    rows = []
    for number, day in enumerate(DAYS[: len(said[0])]):
        for bars in series:
            if number >= len(bars):
                continue
            price = float(bars.close[number])
            rows.append(bar_row(bars.instrument, day, price, open=price, high=price, low=price))
        for (strategy, instrument), letters in zip(HOLDINGS, said, strict=True):
            signal = a_signal(SIDES.get(letters[number], Side.HOLD), instrument, strategy, day)
            desk.trading.signals.add([replace(signal, shares=float(SHARES))])
        desk.trading.periods.mark("stocks", Interval.DAY, midnight(day), Stage.DECIDED)
    desk.trading.bars.upsert(bar_rows(*rows), "test")
    desk.trading.dispatch()
    return desk


@settings(max_examples=examples(5), deadline=None)
@given(
    seed=st.integers(0, 100_000),
    cash=st.sampled_from(["600.00", "800.00", "100000.00"]),
    shorts=st.booleans(),
    delisted=st.sampled_from([None, 0.0, 0.05, 31.0]),
)
def test_they_end_alike(seed: int, cash: str, shorts: bool, delisted: float | None) -> None:
    """With little money it matters who comes first. IBM may be delisted, at a price or for nothing."""
    chance, n = np.random.default_rng(seed), 10
    first = np.datetime64("2013-01-02", "us")
    closes = chance.integers(20, 40, (2, n)).astype(float)
    series = [bars_of(own, one.symbol, first) for own, one in zip(closes, (IBM, MSFT), strict=True)]
    said = ["".join(chance.choice([".", ".", "B", "S"], n)) for _ in HOLDINGS]
    end, ends = None, []
    if delisted is not None:
        length = int(chance.integers(2, n - 1))
        at, series[0] = length + int(chance.integers(0, 2)), series[0][:length]
        end = CorporateAction(IBM, DAYS[at], ActionKind.DELISTED, delisted)  # the other bars are of days in a row
        ends = [End(IBM, series[1].session(at), delisted, ExitReason.DELISTED, series[0].session(-1))]
        said = [letters[:length].ljust(n, ".") if at % 2 == 0 else letters for at, letters in enumerate(said)]
    desk = lived(series, said, cash, end, shorts=shorts)
    rules = TradingRules(
        cash=float(cash),
        costs=USUAL,
        direction=Direction.LONG_SHORT if shorts else Direction.LONG,
        size=Size(SizeKind.SHARES, SHARES),
        keep_open=True,
        ends=tuple(ends),
    )
    told = [
        ToldEach(str(number), each=(("IBM", said[2 * number]), ("MSFT", said[2 * number + 1]))) for number in range(2)
    ]
    result = run_strategies(told, series, rules)
    assume(float(np.min(result.equity)) > SHARES * 41)  # below, a budget is for fewer shares than are asked for
    held = {(p.strategy, p.instrument): float(p.quantity) for p in desk.state.positions}
    assert [held.get(one, 0.0) for one in HOLDINGS] == result.positions[:, -1].tolist()
    worth = sum(quantity * last(series, instrument) for (_, instrument), quantity in held.items())
    fills = len(desk.accounts.executions("paper"))
    assert float(desk.state.money) + worth == pytest.approx(float(result.equity[-1]), abs=0.03 * (fills + 1))
    assert all(report.agrees for report in desk.trading.verify_accounts())


@settings(max_examples=examples(6), deadline=None)
@given(seed=st.integers(0, 100_000), ratio=st.sampled_from([1 / 7, 1.0, 2.0]), sold=st.sampled_from([None, 6, 8]))
def test_after_a_merger_an_account_goes_on_with_the_shares_and_a_backtest_has_closed(
    seed: int, ratio: float, sold: int | None
) -> None:
    """At the open of that day both are worth the same; from then on the account has the moves of what it now holds.

    That is so until its strategy sells: in the backtest there is nothing to sell.
    """
    n, at = 10, 5
    first = np.datetime64("2013-01-02", "us")
    closes = np.random.default_rng(seed).integers(20, 40, (2, n)).astype(float)
    ibm, msft = (bars_of(own, one.symbol, first) for own, one in zip(closes, (IBM, MSFT), strict=True))
    series = [ibm[:at], msft]
    says = ["B".ljust(n, "."), "".join("S" if day == sold else "." for day in range(n)), "." * n, "." * n]
    desk = lived(
        series, says, "1000.00", CorporateAction(IBM, DAYS[at], ActionKind.MERGED, ratio, "MSFT"), shorts=False
    )
    worth = ratio * float(msft.open[at])
    end = End(IBM, msft.session(at), worth, ExitReason.MERGED, ibm.session(at - 1), "MSFT")
    rules = TradingRules(cash=1000.0, costs=USUAL, size=Size(SizeKind.SHARES, SHARES), keep_open=True, ends=(end,))
    told = [ToldEach("0", each=(("IBM", says[0]), ("MSFT", says[1])))]
    result = run_strategies(told, series, rules)
    (trade,) = result.trades
    assert (trade.symbol, trade.exit_price, trade.reason) == ("IBM", worth, ExitReason.MERGED)
    assert len(set(result.equity[at:].tolist())) == 1
    shares = round(SHARES * ratio)
    held = {(one.strategy, one.instrument): float(one.quantity) for one in desk.state.positions}
    assert held == ({} if sold else {(FAST, MSFT): shares})
    if sold:
        price = float(msft.open[sold + 1])
        since = shares * (price * (1 - 5e-4) * (1 - 1e-3) - float(msft.open[at]))
    else:
        since = shares * float(msft.close[-1] - msft.open[at])
    worth_live = float(desk.state.money) + sum(held.values()) * float(msft.close[-1])
    assert worth_live == pytest.approx(float(result.equity[-1]) + since, abs=0.05)
    assert all(report.agrees for report in desk.trading.verify_accounts())


def last(series: list[Bars], instrument: Instrument) -> float:
    return next(float(bars.close[-1]) for bars in series if bars.instrument == instrument)
