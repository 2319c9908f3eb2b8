"""When a stop, a target or a trailing stop is hit, and at which price."""

from dataclasses import replace

import pytest

from support.fill_cases import CLOSE, FREE, SHORT, Case, check_case

pytestmark = pytest.mark.unit

STOP = replace(FREE, stop_loss=0.05)
TARGET = replace(FREE, take_profit=0.1)
BOTH = replace(FREE, stop_loss=0.05, take_profit=0.1)
TRAIL = replace(FREE, trailing_stop=0.1)

CASES = [
    Case(
        "the entry's bar can hit the stop, because it was bought at its open",
        STOP,
        """
        0 B 100 101  99 100
        1 . 100 101  94  97
        2 .  97  98  96  97
        """,
        ("long 10 1@100 1@95 stop_loss",),
        950,
    ),
    Case(
        "a low on the stop is enough",
        STOP,
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 .  99 100  95  96
        """,
        ("long 10 1@100 2@95 stop_loss",),
        950,
    ),
    Case(
        "a low just above the stop is not",
        STOP,
        """
        0 B 100 101    99 100
        1 . 100 101 95.01 100
        2 . 100 101    99 100
        """,
        ("long 10 1@100 2@100 end_of_data",),
        1000,
    ),
    Case(
        "a gap through the stop fills at the open",
        STOP,
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 .  90  92  85  91
        """,
        ("long 10 1@100 2@90 stop_loss",),
        900,
    ),
    Case(
        "the target is filled at its price",
        TARGET,
        """
        0 B 100 101  99 100
        1 . 100 108  99 107
        2 . 107 115 106 114
        """,
        ("long 10 1@100 2@110 take_profit",),
        1100,
    ),
    Case(
        "a gap over the target fills at the open",
        TARGET,
        """
        0 B 100 101  99 100
        1 . 100 108  99 107
        2 . 120 125 118 124
        """,
        ("long 10 1@100 2@120 take_profit",),
        1200,
    ),
    Case(
        "stop and target in one bar: the stop wins",
        BOTH,
        """
        0 B 100 101  99 100
        1 . 100 120  90 115
        2 . 115 116 114 115
        """,
        ("long 10 1@100 1@95 stop_loss",),
        950,
    ),
    Case(
        "a bar that opens beyond the target was there first, whatever its low",
        BOTH,
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 . 112 120  90  91
        """,
        ("long 10 1@100 2@112 take_profit",),
        1120,
    ),
    Case(
        "an exit that waits is filled at the open before any stop is looked at",
        STOP,
        """
        0 B 100 101  99 100
        1 S 100 101  99 100
        2 .  90  91  80  85
        """,
        ("long 10 1@100 2@90 signal",),
        900,
    ),
    Case(
        "stopped out and bought again on the next signal",
        STOP,
        """
        0 B 100 101  99 100
        1 B 100 101  90  92
        2 .  95  96  94  95
        """,
        ("long 10 1@100 1@95 stop_loss", "long 10 2@95 2@95 end_of_data"),
        950,
    ),
    Case(
        "the trailing stop follows the highest price",
        TRAIL,
        """
        0 B 100 101  99 100
        1 . 100 120  99 118
        2 . 118 130 117 128
        3 . 125 126 116 118
        """,
        ("long 10 1@100 3@117 trailing_stop",),
        1170,
    ),
    Case(
        "a bar's own high does not raise its trailing stop: nobody knows whether it came before the low",
        TRAIL,
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 . 100 150  95 140
        3 . 140 141 139 140
        """,
        ("long 10 1@100 3@140 end_of_data",),
        1400,
    ),
    Case(
        "the nearer of two stops counts and gives the reason",
        replace(FREE, stop_loss=0.05, trailing_stop=0.1),
        """
        0 B 100 101  99 100
        1 . 100 102  97 101
        2 . 101 102  94  95
        """,
        ("long 10 1@100 2@95 stop_loss",),
        950,
    ),
    Case(
        "bought at the close, the same bar's low is past",
        replace(CLOSE, stop_loss=0.05),
        """
        0 B 100 105  80 104
        1 . 104 105 103 104
        """,
        ("long 9 0@104 1@104 end_of_data",),
        1000,
    ),
    Case(
        "a short position is stopped above its entry",
        replace(SHORT, stop_loss=0.05),
        """
        0 S 100 101  99 100
        1 . 100 104  99 103
        2 . 103 108 102 107
        """,
        ("short 10 1@100 2@105 stop_loss",),
        950,
    ),
    Case(
        "a gap up through the stop of a short position fills at the open",
        replace(SHORT, stop_loss=0.05),
        """
        0 S 100 101  99 100
        1 . 100 104  99 103
        2 . 120 121 119 120
        """,
        ("short 10 1@100 2@120 stop_loss",),
        800,
    ),
    Case(
        "a short position takes its profit below",
        replace(SHORT, take_profit=0.1),
        """
        0 S 100 101  99 100
        1 . 100 104  99 103
        2 . 100 101  85  88
        """,
        ("short 10 1@100 2@90 take_profit",),
        1100,
    ),
    Case(
        "the trailing stop of a short position follows the lowest price",
        replace(SHORT, trailing_stop=0.1),
        """
        0 S 100 101  99 100
        1 . 100 101  80  82
        2 .  82  89  81  88
        """,
        ("short 10 1@100 2@88 trailing_stop",),
        1120,
    ),
    Case(
        "a bar without volume stops nobody out; the next one does, at its open",
        STOP,
        """
        0 B 100 101  99 100 1000
        1 . 100 101  99 100 1000
        2 .  90  90  90  90    0
        3 .  92  93  91  92 1000
        """,
        ("long 10 1@100 3@92 stop_loss",),
        920,
    ),
    Case(
        "a split that nobody adjusted for looks like a fall, and stops out",
        STOP,
        """
        0 B 100 101  99 100
        1 . 100 101  99 100
        2 .  50  51  49  50
        """,
        ("long 10 1@100 2@50 stop_loss",),
        500,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_situation(case: Case) -> None:
    check_case(case)


def test_there_are_enough() -> None:
    assert len(CASES) >= 20
    assert len({case.name for case in CASES}) == len(CASES)
