"""How much of an account's equity may be at risk in one place, for accounts and backtests alike.

The function is plain Python that works on Decimal and that numba can compile: the backtester's kernels inline it.
"""

from typing import Any


def exceeds(held: Any, waiting: Any, entry: Any, most: Any, equity: Any) -> bool:  # noqa: ANN401 - money as Decimal or float
    """Whether an entry would bring what is held and what waits to be bought above the part `most` of the equity.

    Amounts of one place, in money; where long and short positions are weighed against each other they have signs.
    """
    return bool(abs(held + waiting + entry) > most * equity)
