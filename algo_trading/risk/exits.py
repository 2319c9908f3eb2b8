"""Leaving a position within a bar, for paper accounts and backtests alike.

The functions are plain Python on floats that numba can compile: the backtester's kernels inline them, a paper account
calls them as they are. Both add, multiply and compare doubles, so both come to the same numbers.
"""

STAYS, STOP_LOSS, TRAILING_STOP, TAKE_PROFIT, MAX_AGE = -1, 1, 2, 3, 9


def exit_within(  # noqa: PLR0917 - compiled code takes numbers by position
    side: float,
    entry: float,
    best: float,
    stop: float,
    target: float,
    trailing: float,
    open_: float,
    high: float,
    low: float,
) -> tuple[float, float, int, float]:
    """How a position is left within a bar: the price before slippage, the level that was met, the reason, the best.

    `side` is 1 for a long position and -1 for a short one, `entry` what it was bought for and `best` the best price
    since, before this bar. `stop`, `target` and `trailing` are distances as fractions, infinite where there is none.
    The reason is STAYS where the position stays; then the last number is its best price including this bar.

    A bar that opens beyond a stop or the target fills there. Otherwise nobody knows which extreme came first, and the
    stop wins. A trailing stop follows the best price before this bar.
    """
    level, reason = entry * (1.0 - side * stop), STOP_LOSS
    trailed = best * (1.0 - side * trailing)
    if side * trailed > side * level:
        level, reason = trailed, TRAILING_STOP
    goal = entry * (1.0 + side * target)
    worst = low if side > 0.0 else high
    finest = high if side > 0.0 else low
    if side * open_ <= side * level:
        return open_, level, reason, best
    if side * open_ >= side * goal:
        return open_, goal, TAKE_PROFIT, best
    if side * worst <= side * level:
        return level, level, reason, best
    if side * finest >= side * goal:
        return goal, goal, TAKE_PROFIT, best
    return 0.0, 0.0, STAYS, side * max(side * best, side * finest)


def exit_too_old(price: float, reason: int, open_: float) -> tuple[float, int]:
    """How a position that has reached its maximum age is left: at the bar's open.

    `price` and `reason` are those of `exit_within`: a stop or target that is met at the open already comes first.
    """
    if reason != STAYS and price == open_:
        return price, reason
    return open_, MAX_AGE
