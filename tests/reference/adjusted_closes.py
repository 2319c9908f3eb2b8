"""Adjusted closes day by day in plain Python: what somebody who reinvests every dividend at once comes to hold.

A day may have no bar. The price of such a day is the last close, less what was paid since, for the shares of that day.
"""

from collections.abc import Mapping


def adjusted_closes(
    closes: Mapping[int, float], splits: Mapping[int, float], dividends: Mapping[int, float]
) -> list[float]:
    """Closes (by day, ascending) as of the last one; a day's split comes before its dividend, paid per new share."""
    first, last = min(closes), max(closes)
    price, shares, worth = closes[first], 1.0, [closes[first]]
    for day in range(first + 1, last + 1):
        ratio, paid = splits.get(day, 1.0), dividends.get(day, 0.0)
        price, shares = price / ratio, shares * ratio
        if 0 < paid < price:
            shares /= 1 - paid / price
            price -= paid
        if day in closes:
            price = closes[day]
            worth.append(price * shares)
    return [value / shares for value in worth]
