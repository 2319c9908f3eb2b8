"""Trading on an account with interest, borrow fees and limits on volume: what the quick kernels do not know."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import numpy as np

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Floats
from algo_trading.domain.financing import YEAR
from algo_trading.strategies.base import Decisions
from back_testing.engine.ends import ends_table
from back_testing.engine.kernels.params import Orders, flags, floats, params_of
from back_testing.engine.market import Market, Outcome, invested_part
from back_testing.engine.rules import TradingRules


def trade_together(
    market: Market,
    rules: TradingRules,
    decisions: Sequence[Sequence[Decisions]],
    max_positions: Sequence[int | None],
    *,
    among: int | None = None,
) -> Outcome:
    """Trade on the decisions of each strategy about each bar of each instrument, with one capital.

    Rows of the outcome's tables, and the instruments of its trades, are sleeves: the first strategy on each instrument,
    then the second one. `max_positions` is the limit of each strategy, None for none. The whole
    equity is shared `among` so many positions, one of each sleeve unless given.
    """
    from back_testing.engine.kernels.account import TRADE_FIELDS
    from back_testing.engine.kernels.shared_account import (
        ABOVE_CAP,
        AT_LIMIT,
        COUNTED,
        NOT_AFFORDED,
        Calendar,
        Sleeves,
        Terms,
        simulate_shared,
    )

    instruments, strategies, n = len(market.series), len(decisions), len(market.times)
    count = instruments * strategies
    costs = rules.costs
    bars = 0 if costs.participation is None else n  # on each of which a part of an exit may be filled
    rows = sum(
        int(np.count_nonzero(d.entries) + np.count_nonzero(d.exits)) + bars + 1 for own in decisions for d in own
    )
    trades, equity = np.empty((rows, TRADE_FIELDS)), np.empty(n)
    held, values, counts = np.empty((count, n)), np.empty((count, n)), np.zeros((count, COUNTED))
    sleeves = Sleeves(
        np.tile(np.arange(instruments), strategies),
        np.repeat(np.arange(strategies), instruments),
        market.priority(strategies),
        np.array([_or_unbounded(most) for most in max_positions]),
    )
    terms = Terms(
        interest=float(costs.interest) / YEAR,
        borrow=float(costs.borrow) / YEAR,
        participation=_or_unbounded(costs.participation),
        max_instrument=_or_unbounded(rules.caps.max_instrument),
        max_strategy=_or_unbounded(rules.caps.max_strategy),
        max_exposure=_or_unbounded(rules.caps.max_exposure),
        max_net=_or_unbounded(rules.caps.max_net),
    )
    tables = [market.orders(own) for own in decisions]
    orders = Orders(
        flags(np.concatenate([one.entries for one in tables])),
        flags(np.concatenate([one.exits for one in tables])),
        floats(np.concatenate([one.sizes for one in tables])),
        floats(np.concatenate([one.max_shares for one in tables])),
    )
    done, interest = simulate_shared(
        params_of(rules, among or count),
        terms,
        sleeves,
        Calendar(
            _nights(market),
            _volumes(market, rules),
            ends_table(market.series, market.times, rules.ends),
            _oldest(market, rules.max_age),
        ),
        market.prices,
        orders,
        equity,
        held,
        values,
        trades,
        counts,
    )
    refused, at_limit, above_cap = (int(counts[:, at].sum()) for at in (NOT_AFFORDED, AT_LIMIT, ABOVE_CAP))
    return Outcome(
        equity, held, invested_part(values, equity), trades[:done], refused, at_limit, interest, above_cap, counts
    )


def _or_unbounded(value: Decimal | int | None) -> float:
    return np.inf if value is None else float(value)


def _nights(market: Market) -> Floats:
    """Changes of the UTC date before each bar; none before the first."""
    days = market.times.astype("datetime64[D]").astype(np.int64)
    return np.diff(days, prepend=days[:1]).astype(np.float64)


def _volumes(market: Market, rules: TradingRules) -> Floats:
    """What there was to trade with; infinite where it is not known, or does not matter."""
    if rules.costs.participation is None:
        return np.full(market.prices.closes.shape, np.inf)
    volumes = market.table([bars.volume for bars in market.series], np.nan)
    volumes[market.prices.tradable & (volumes == 0)] = np.inf
    return volumes


def _oldest(market: Market, hours: float | None) -> Floats:
    """For each bar the first one that begins so many hours later, as live measures the age of a position."""
    if hours is None:
        return np.full(market.prices.closes.shape, np.inf)
    age, rows = np.timedelta64(timedelta(hours=hours), "us"), []
    for bars in market.series:
        begins = trading_calendar(bars.instrument.venue).starts(bars.interval, bars.opened_at)
        columns = np.append(np.searchsorted(market.times, bars.opened_at).astype(np.float64), np.inf)
        rows.append(columns[np.searchsorted(begins, begins + age)])
    return market.table(rows, np.inf)
