"""When an order is filled, at which price, and for how much."""

from dataclasses import replace

import pytest

from algo_trading.domain.costs import Costs
from back_testing.engine.rules import Size, SizeKind
from support.fill_cases import CLOSE, FREE, SHORT, Case, check_case

pytestmark = pytest.mark.unit

STOP = replace(FREE, stop_loss=0.05)

CASES = [
    Case(
        "an entry and an exit are filled at the next open",
        FREE,
        """
        0 B 100 101  99 100
        1 . 102 105 101 104
        2 S 104 110 103 109
        3 . 108 109 100 101
        """,
        ("long 9 1@102 3@108 signal",),
        1000 + 9 * 6,
    ),
    Case(
        "nothing is decided, nothing happens",
        FREE,
        """
        0 . 100 101  99 100
        1 . 102 105 101 104
        """,
        (),
        1000,
    ),
    Case("a single bar cannot trade", FREE, "0 B 100 101 99 100", (), 1000),
    Case(
        "an entry decided on the last bar is never filled",
        FREE,
        """
        0 . 100 101  99 100
        1 B 102 105 101 104
        """,
        (),
        1000,
    ),
    Case(
        "an entry filled on the last bar is closed at its close",
        FREE,
        """
        0 B 100 101  99 100
        1 . 100 105  99 104
        """,
        ("long 10 1@100 1@104 end_of_data",),
        1040,
    ),
    Case(
        "an open position is closed at the last close",
        FREE,
        """
        0 B 100 101  99 100
        1 . 100 105  99 104
        2 . 104 112 103 111
        """,
        ("long 10 1@100 2@111 end_of_data",),
        1110,
    ),
    Case(
        "unless it is to be kept open",
        replace(FREE, keep_open=True),
        """
        0 B 100 101  99 100
        1 . 100 105  99 104
        2 . 104 112 103 111
        """,
        ("long 10 1@100 -@111 open",),
        1110,
    ),
    Case(
        "an exit decided on the last bar leaves the closing to the end of the data",
        FREE,
        """
        0 B 100 101  99 100
        1 . 100 105  99 104
        2 S 104 112 103 111
        """,
        ("long 10 1@100 2@111 end_of_data",),
        1110,
    ),
    Case(
        "a second entry while holding is ignored",
        FREE,
        """
        0 B 100 101  99 100
        1 B 100 101  99 100
        2 B  90  91  89  90
        3 . 100 101  99 100
        """,
        ("long 10 1@100 3@100 end_of_data",),
        1000,
    ),
    Case(
        "an exit without a position is ignored",
        FREE,
        """
        0 S 100 101  99 100
        1 S 100 101  99 100
        2 . 100 101  99 100
        """,
        (),
        1000,
    ),
    Case(
        "where entry and exit are both set the exit counts",
        FREE,
        """
        0 B 100 101  99 100
        1 X 100 101  99 100
        2 X 110 111 109 110
        3 . 110 111 109 110
        """,
        ("long 10 1@100 2@110 signal",),
        1100,
    ),
    Case(
        "out at one open, in again at the next",
        FREE,
        """
        0 B 100 101  99 100
        1 S 100 101  99 100
        2 B 110 111 109 110
        3 . 100 101  99 100
        4 . 105 106 104 105
        """,
        ("long 10 1@100 2@110 signal", "long 11 3@100 4@105 end_of_data"),
        1100 + 55,
    ),
    Case(
        "fills at the close take the close that was decided on",
        CLOSE,
        """
        0 B 100 105  99 104
        1 S 110 111 102 103
        2 . 120 121 119 120
        """,
        ("long 9 0@104 1@103 signal",),
        1000 - 9,
    ),
    Case(
        "at the last close nothing is bought that would be sold at once",
        CLOSE,
        """
        0 . 100 101  99 100
        1 B 100 101  99 100
        """,
        (),
        1000,
    ),
    Case(
        "an exit sells short, an entry covers and buys, at the same open",
        SHORT,
        """
        0 S 100 101  99 100
        1 B 100 101  89  90
        2 S  80  81  79  80
        3 .  90  91  89  90
        """,
        ("short 10 1@100 2@80 signal", "long 15 2@80 3@90 signal", "short 15 3@90 3@90 end_of_data"),
        1200 + 150,
    ),
    Case(
        "a short position that ate up the account is closed, and nothing is traded any more",
        SHORT,
        """
        0 S 100 101  99 100
        1 . 100 101  99 100
        2 B 250 260 240 250
        3 . 100 101  99 100
        """,
        ("short 10 1@100 2@250 ruin",),
        -500,
        1,
    ),
    Case(
        "without volume an order waits for the next bar that has some",
        FREE,
        """
        0 B 100 101  99 100 1000
        1 . 100 100 100 100    0
        2 . 102 103 101 102 1000
        3 . 103 104 102 103 1000
        """,
        ("long 9 2@102 3@103 end_of_data",),
        1009,
    ),
    Case(
        "an index never has volume, and trades",
        FREE,
        """
        0 B 100 101  99 100 0
        1 . 100 101  99 100 0
        2 . 110 111 109 110 0
        """,
        ("long 10 1@100 2@110 end_of_data",),
        1100,
    ),
    Case(
        "the newest decision counts while an order waits",
        FREE,
        """
        0 B 100 101  99 100 1000
        1 S 100 100 100 100    0
        2 . 102 103 101 102 1000
        3 . 103 104 102 103 1000
        """,
        (),
        1000,
    ),
    Case(
        "a missing bar: the order is filled at the next one there is",
        FREE,
        """
        0 B 100 101  99 100
        4 . 108 109 107 108
        5 . 110 111 109 110
        """,
        ("long 9 4@108 5@110 end_of_data",),
        1018,
    ),
    Case(
        "the same day adjusted is no fall",
        STOP,
        """
        0 B  50 50.5 49.5  50
        1 .  50 50.5 49.5  50
        2 .  50   51   49  50
        """,
        ("long 20 1@50 2@50 end_of_data",),
        1000,
    ),
    Case(
        "a share that costs more than the cash is refused",
        FREE,
        """
        0 B 1500 1510 1490 1500
        1 . 1500 1510 1490 1500
        2 . 1600 1610 1590 1600
        """,
        (),
        1000,
        1,
    ),
    Case(
        "a commission larger than the cash is refused",
        replace(FREE, costs=Costs.of(0, commission_fixed=2000)),
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 . 110 111 109 110
        """,
        (),
        1000,
        1,
    ),
    Case(
        "the commission is paid from the same money, in and out",
        replace(FREE, costs=Costs.of(0.01)),
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 . 110 111 109 110
        """,
        ("long 9 1@100 2@110 end_of_data",),
        1000 - 9 * 101 + 9 * 110 * 0.99,
    ),
    Case(
        "a fixed commission comes on top",
        replace(FREE, costs=Costs.of(0.01, commission_fixed=5)),
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 S 110 111 109 110
        3 . 110 111 109 110
        """,
        ("long 9 1@100 3@110 signal",),
        1000 - (9 * 101 + 5) + (9 * 110 * 0.99 - 5),
    ),
    Case(
        "slippage moves every fill against us",
        replace(FREE, costs=Costs.of(0, slippage_bps=100)),
        """
        0 B 100 101  99 100
        1 S 100 101  99 100
        2 . 110 111 109 110
        """,
        ("long 9 1@101 2@108.9 signal",),
        1000 + 9 * (108.9 - 101),
    ),
    Case(
        "fractions of shares spend all there is",
        replace(FREE, whole_shares=False),
        """
        0 B  30  31  29  30
        1 .  30  31  29  30
        2 .  33  34  32  33
        """,
        ("long 33.3333 1@30 2@33 end_of_data",),
        1100,
    ),
    Case(
        "a fraction of the equity becomes shares at the fill",
        replace(FREE, size=Size(SizeKind.FRACTION, 0.5)),
        """
        0 B 100 101  99 100
        1 . 125 126 124 125
        2 . 130 131 129 130
        """,
        ("long 4 1@125 2@130 end_of_data",),
        1020,
    ),
    Case(
        "an amount of money, at most what there is",
        replace(FREE, size=Size(SizeKind.CASH, 5000)),
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 . 110 111 109 110
        """,
        ("long 10 1@100 2@110 end_of_data",),
        1100,
    ),
    Case(
        "a number of shares",
        replace(FREE, size=Size(SizeKind.SHARES, 3)),
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 . 110 111 109 110
        """,
        ("long 3 1@100 2@110 end_of_data",),
        1030,
    ),
    Case(
        "more shares than there is money for are refused, not cut down",
        replace(FREE, size=Size(SizeKind.SHARES, 11)),
        """
        0 B 100 101  99 100
        1 B 100 101  99 100
        2 .  90  91  89  90
        3 .  99 100  98  99
        """,
        ("long 11 2@90 3@99 end_of_data",),
        1000 + 99,
        1,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_situation(case: Case) -> None:
    check_case(case)


def test_there_are_enough() -> None:
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)
