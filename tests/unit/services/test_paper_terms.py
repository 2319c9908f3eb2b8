"""Interest, borrow fees and limits on volume: a paper account ends as the backtest, and its book can be derived."""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.financing import Nights, Terms
from algo_trading.domain.ledger import EntryKind
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, midnight
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.periods import Stage
from algo_trading.services.verify_accounts import VerifyReport
from back_testing.engine.backtest import run
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from contracts.bars import bar_row, bar_rows
from support.bar_series import bars_of
from support.candle_table import Told
from support.fuzz import examples
from support.paper_desk import DAYS, FAST, IBM, PaperDesk, a_signal, a_state

pytestmark = pytest.mark.unit

SHARES = 40
SIDES = {"B": Side.BUY, "S": Side.SELL}


@dataclass(frozen=True)
class Case:
    """Bars on the sessions of DAYS, and what is said at each."""

    bars: Bars
    said: str


def case(closes: list[float], volumes: list[float], said: str) -> Case:
    bars = replace(bars_of(closes), volume=np.array(volumes), opened_at=np.array(DAYS[: len(said)], "datetime64[us]"))
    return Case(replace(bars, closed_at=bars.opened_at + np.timedelta64(21, "h")), said)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n = draw(st.integers(2, 14))
    closes = draw(st.lists(st.integers(20, 30).map(float), min_size=n, max_size=n))
    volumes = draw(st.lists(st.sampled_from([9.0, 60.0, 130.0, 5000.0]), min_size=n, max_size=n))
    return case(closes, volumes, draw(st.text("...BS", min_size=n, max_size=n)))


def lived(case: Case, costs: Costs, *, shorts: bool = False, stop: float | None = None) -> PaperDesk:
    """An account that went through the bars session by session."""
    desk = PaperDesk(a_state("10000.00", costs=costs, shorts=shorts), exits=Exits(stop))
    rows = []
    for number, letter in enumerate(case.said):
        values = {name: float(getattr(case.bars, name)[number]) for name in ("open", "high", "low", "volume")}
        rows.append(bar_row(IBM, DAYS[number], float(case.bars.close[number]), **values))
        signal = a_signal(SIDES.get(letter, Side.HOLD), IBM, FAST, DAYS[number])
        desk.trading.signals.add([replace(signal, shares=float(SHARES))])
        desk.trading.periods.mark("stocks", Interval.DAY, midnight(DAYS[number]), Stage.DECIDED)
    desk.trading.bars.upsert(bar_rows(*rows), "test")
    desk.trading.dispatch()
    return desk


def verified(desk: PaperDesk) -> VerifyReport:
    (report,) = desk.trading.verify_accounts()
    return report


@settings(max_examples=examples(8), deadline=None)
@given(
    case=cases(),
    interest=st.sampled_from([0.0, 0.2]),
    borrow=st.sampled_from([0.0, 0.4]),
    participation=st.sampled_from([None, 0.1, 0.5]),
    stop=st.sampled_from([None, 0.05]),
    shorts=st.booleans(),
)
def test_a_paper_account_ends_as_the_backtest(
    *, case: Case, interest: float, borrow: float, participation: float | None, stop: float | None, shorts: bool
) -> None:
    costs = Costs.of(0.001, interest=interest, borrow=borrow, participation=participation)
    rules = TradingRules(
        cash=10_000.0,
        costs=costs,
        direction=Direction.LONG_SHORT if shorts else Direction.LONG,
        size=Size(SizeKind.SHARES, SHARES),
        stop_loss=stop,
        keep_open=True,
    )
    result = run(Told(case.said), case.bars, rules)
    desk = lived(case, costs, shorts=shorts, stop=stop)
    held = sum(float(position.quantity) for position in desk.state.positions)
    assert held == result.positions[0, -1]
    equity = float(desk.state.money) + held * float(case.bars.close[-1])
    cents = len(desk.accounts.entries("paper")) + 1
    assert equity == pytest.approx(float(result.equity[-1]), abs=0.02 * cents)
    earned = sum(float(e.amount) for e in desk.accounts.entries("paper") if e.kind is EntryKind.INTEREST)
    assert earned == pytest.approx(result.interest, abs=0.02 * cents)
    assert verified(desk).found == ()


def test_the_book_says_for_what_was_paid() -> None:
    """The sessions are Wednesday 2 January to Monday: sold short on Thursday, the weekend counts three nights."""
    desk = lived(case([20.0] * 4, [5000.0] * 4, "S..."), Costs.of(0, interest=0.0365, borrow=0.073), shorts=True)
    paid = [(str(e.kind), e.cause, str(e.amount)) for e in desk.accounts.entries("paper") if e.cause.count("night")]
    assert paid == [
        ("interest", "1 night before 2013-01-03 (XNYS) at 0.0365", "1.00"),
        ("interest", "1 night before 2013-01-04 (XNYS) at 0.0365", "1.08"),  # with what the short sale brought in
        ("borrow", "1 night before 2013-01-04 (XNYS) at 0.073 of 20", "-0.16"),
        ("interest", "3 nights before 2013-01-07 (XNYS) at 0.0365", "3.24"),
        ("borrow", "3 nights before 2013-01-07 (XNYS) at 0.073 of 20", "-0.48"),
    ]


def test_a_second_pass_pays_nothing_twice() -> None:
    desk = lived(case([20.0] * 4, [5000.0] * 4, "B..."), Costs.of(0, interest=0.2))
    before = desk.accounts.entries("paper")
    desk.trading.dispatch()
    assert desk.accounts.entries("paper") == before


def test_interest_that_was_changed_is_found_and_corrected() -> None:
    desk = lived(case([20.0] * 4, [5000.0] * 4, "B..."), Costs.of(0, interest=0.2))
    state, now = desk.state, desk.trading.clock.now()
    made_up = next(e for e in desk.accounts.entries("paper") if e.kind is EntryKind.INTEREST)
    entry = replace(made_up, cause=f"{made_up.cause}9", amount=Decimal(7), booked_at=now)
    desk.accounts.store(AccountStep(state, state.paid("USD", Decimal(7)), now, entries=(entry,)))
    report = verified(desk)
    assert (report.book, len(report.derived)) == ((), 1)
    assert "the account should have got" in report.actions[0]


def test_a_late_dividend_corrects_the_interest_since() -> None:
    desk = lived(case([20.0] * 6, [5000.0] * 6, "B....."), Costs.of(0, interest=0.3))
    desk.trading.actions.upsert([CorporateAction(IBM, DAYS[2], ActionKind.DIVIDEND, 5.0)], "test")
    assert not verified(desk).agrees
    corrected = desk.trading.correct_account("paper")
    assert {entry.holding is None for entry in corrected} == {True, False}
    assert verified(desk).found == ()


def test_an_exit_that_waits_for_volume_takes_no_new_decision() -> None:
    """Like the backtest: what is said while an exit goes on is refused, and the exit ends with what is left."""
    desk = lived(case([20.0] * 5, [500.0, 500.0, 100.0, 100.0, 500.0], "BSBS."), Costs.of(0, participation=0.1))
    orders = sorted(desk.orders.values(), key=lambda order: order.decided_at)
    assert [order.status for order in orders] == [
        *(OrderStatus.FILLED, OrderStatus.FILLED),
        *(OrderStatus.REJECTED, OrderStatus.REJECTED),
    ]
    assert [str(e.quantity.normalize()) for e in desk.accounts.executions("paper")] == ["4E+1", "1E+1", "1E+1", "2E+1"]


def test_terms_are_read_as_they_are_written() -> None:
    for terms in (
        Terms(Nights(1, DAYS[0], "XNYS"), Decimal("0.04")),
        Terms(Nights(12, DAYS[3], "24/7"), Decimal("0.0005"), Decimal("0.00001234")),
    ):
        assert Terms.parse(str(terms)) == terms
    with pytest.raises(ValueError, match="not what interest"):
        Terms.parse("opening deposit")
