"""Limits of a strategy's signals in a backtest: the level that orders need, and the number of positions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from algo_trading.domain.costs import Costs
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run, run_portfolio
from back_testing.engine.market import Market
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from support.bar_series import bars_of, random_walk
from support.candle_table import candles
from support.limited_rules import SURE, limited
from support.signal_table import board

pytestmark = pytest.mark.unit


SHARE = TradingRules(cash=1000, costs=Costs.of(0), size=Size(SizeKind.FRACTION, 0.2))


def held(result: BacktestResult) -> list[str]:
    """The symbols held at each close, small where they are sold short, in the order of the columns."""
    names = [bars.instrument.symbol for bars in result.series]
    return [
        "".join(name if shares > 0 else name.lower() for name, shares in zip(names, column, strict=True) if shares)
        for column in result.positions.T
    ]


@dataclass(frozen=True)
class Case:
    """A board, the limits, and what is held at each close."""

    name: str
    limits: Limits
    table: str
    held: Sequence[str]
    below_order_level: int = 0
    at_position_limit: int = 0
    refused: int = 0
    rules: TradingRules = replace(SHARE, keep_open=True)  # noqa: RUF009 - frozen


CASES = [
    Case(
        "a decision below the level leads to no order, one at the level does",
        SURE,
        """
        A
        B.84
        B.85
        .
        .
        """,
        ["", "", "A", "A"],
        below_order_level=1,
    ),
    Case(
        "an exit below the level leads to no order either",
        SURE,
        """
        A
        B.9
        S.5
        .
        S.9
        .
        """,
        ["", "A", "A", "A", ""],
        below_order_level=1,
    ),
    Case(
        "of both the exit counts, and its level",
        Limits(order_from=Level.MEDIUM),
        """
        A
        B.7
        X.5
        X.6
        .
        """,
        ["", "A", "A", ""],
        below_order_level=1,
    ),
    Case(
        "below no level there is no limit",
        Limits(mail_from=Level.HIGH),
        """
        A
        B.0
        .
        """,
        ["", "A"],
    ),
    Case(
        "places are given in the order of the symbols, whatever the order of the columns",
        Limits(max_positions=2),
        """
        C A B
        B B B
        . . .
        """,
        ["", "AB"],
        at_position_limit=1,
    ),
    Case(
        "what waits to be bought has a place",
        Limits(max_positions=1),
        """
        A B
        B .
        - B
        . .
        """,
        ["", "", "A"],
        at_position_limit=1,
    ),
    Case(
        "an exit leaves its place when it is filled, not when it is decided",
        Limits(max_positions=1),
        """
        A B
        B .
        . .
        S B
        . B
        . .
        """,
        ["", "A", "A", "", "B"],
        at_position_limit=1,
    ),
    Case(
        "a position that cannot be left yet has a place",
        Limits(max_positions=1),
        """
        A B
        B .
        S .
        - B
        . .
        . B
        . .
        """,
        ["", "A", "A", "", "", "B"],
        at_position_limit=1,
    ),
    Case(
        "an entry below the level takes no place",
        Limits(order_from=Level.MEDIUM, max_positions=1),
        """
        A   B
        B.5 B.6
        .   .
        """,
        ["", "B"],
        below_order_level=1,
    ),
    Case(
        "an entry of nothing takes no place",
        Limits(max_positions=1),
        """
        A   B
        B*0 B
        .   .
        """,
        ["", "B"],
        refused=1,
    ),
    Case(
        "an entry that cannot be afforded gives its place back",
        Limits(max_positions=2),
        """
        A B C
        B . .
        . B .
        . . B*.25
        . B .
        . . .
        """,
        ["", "A", "A", "AC", "AC"],
        refused=1,
        at_position_limit=1,
        rules=replace(SHARE, size=Size(SizeKind.SHARES, 4), cash=600, keep_open=True),
    ),
    Case(
        "a buy while holding is no new position",
        Limits(max_positions=1),
        """
        A B
        B .
        B .
        . .
        """,
        ["", "A", "A"],
    ),
    Case(
        "no position at all",
        Limits(max_positions=0),
        """
        A B
        B B
        S .
        . .
        """,
        ["", "", ""],
        at_position_limit=2,
    ),
    Case(
        "no position at all in a single instrument",
        Limits(max_positions=0),
        """
        A
        B
        S
        B
        .
        """,
        ["", "", "", ""],
        at_position_limit=2,
    ),
    Case(
        "a single instrument needs one place",
        Limits(max_positions=1),
        """
        A
        B
        S
        B
        .
        """,
        ["", "A", "", "A"],
    ),
    Case(
        "selling short takes a place, and turning round keeps it",
        Limits(max_positions=1),
        """
        A B
        S .
        . S
        B .
        . .
        """,
        ["", "a", "a", "A"],
        at_position_limit=1,
        rules=replace(SHARE, direction=Direction.LONG_SHORT, keep_open=True),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_limits_are_obeyed(case: Case) -> None:
    said = board(case.table)
    result = run_portfolio(said, said.series(), limited(case.rules, said, case.limits))
    assert held(result) == list(case.held)
    assert (result.below_order_level, result.at_position_limit, result.refused) == (
        case.below_order_level,
        case.at_position_limit,
        case.refused,
    )
    assert result.limits == case.limits


def test_a_stop_frees_its_place_before_that_close() -> None:
    stopped, first = candles(
        """
        0 B 100 100 100 100
        1 . 100 100  90  95
        2 .  95  95  95  95
        """,
        "A",
    )
    other, second = candles(
        """
        0 B 100 100 100 100
        1 B 100 100 100 100
        2 . 100 100 100 100
        """,
        "B",
    )
    market = Market([stopped, other])
    outcome = market.trade(replace(SHARE, stop_loss=0.05), [first.decide(stopped), second.decide(other)], 1)
    assert outcome.at_position_limit == 1
    assert (outcome.held != 0).tolist() == [[False, False, False], [False, False, False]]  # closed at the end
    assert [trade[0] for trade in outcome.trades.tolist()] == [0, 1]


def test_the_benchmark_has_no_limits() -> None:
    strategy, bars = SmaCross(2, 5, 0), bars_of(random_walk(60))
    free = run(strategy, bars, SHARE)
    nothing = run(strategy, bars, limited(SHARE, strategy, Limits(max_positions=0)))
    assert nothing.statistics.n_trades == 0
    assert (nothing.benchmark == free.benchmark).all()
