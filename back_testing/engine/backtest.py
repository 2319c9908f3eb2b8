"""Run a strategy over bars.

What it decides at a bar's close is filled at the next bar's open. `docs/backtesting.md` lists every assumption.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from itertools import pairwise

import numpy as np

from algo_trading.domain.account_rules import NO_RULES
from algo_trading.domain.bars import COLUMNS, Bars, Times
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.cross_section import CrossSection, decide_all
from back_testing.engine import metrics
from back_testing.engine.checks import require_bars, require_decisions, require_warmup
from back_testing.engine.ends import End
from back_testing.engine.gaps import require_no_gaps
from back_testing.engine.market import Market, Outcome
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from back_testing.engine.shared_account import trade_together
from back_testing.engine.statistics import summarise
from back_testing.engine.strategy_shares import strategy_shares
from back_testing.engine.trade import ExitReason, Trade
from back_testing.engine.trading import trade

REASONS = tuple(ExitReason)  # as the kernels count them


def run(strategy: Strategy, bars: Bars, rules: TradingRules, first: date | None = None) -> BacktestResult:
    """Trade one instrument.

    Bars before the session `first` only warm the strategy up, as history does live; None trades from the first bar on.

    Raises:
        ConfigError: there are no bars, fewer than the strategy needs, bars that are none (NaN, a price of 0, a high
            below the low), or bars are missing in between and the rules do not allow that.
    """
    return run_portfolio(strategy, [bars], rules, first)


def run_portfolio(
    strategy: Strategy, series: Sequence[Bars], rules: TradingRules, first: date | None = None
) -> BacktestResult:
    """Trade several instruments with one capital.

    Raises:
        ConfigError: as `run`, or an instrument is there twice.
    """
    return run_strategies([strategy], series, rules, first)


def run_strategies(
    strategies: Sequence[Strategy], series: Sequence[Bars], rules: TradingRules, first: date | None = None
) -> BacktestResult:
    """Trade several strategies on one account, each of them on every instrument.

    As live, a position belongs to the strategy that opened it: nobody closes what another one bought, and one may be
    long where another is short. At one moment exits are filled before entries, and entries, as decisions, in the order
    of the strategies' ids and then of the symbols, as long as there is money.

    Raises:
        ConfigError: as `run`, or an instrument or a strategy is there twice.
    """
    if len(strategies) > 1:
        strategies = sorted(strategies, key=lambda one: one.id)
    twice = {str(one.id) for one, other in pairwise(strategies) if one.id == other.id}
    if twice or not strategies:
        raise ConfigError(f"{', '.join(sorted(twice))} is there twice" if twice else "name at least one strategy")
    for bars in series:
        require_bars(bars)
        for strategy in strategies:
            require_warmup(strategy, bars)
    decisions = [decide_all(strategy, series) for strategy in strategies]
    return _trade(strategies, series, decisions, rules, first)


def run_decisions(
    strategy: Strategy, bars: Bars, decisions: Decisions, rules: TradingRules, first: date | None = None
) -> BacktestResult:
    """As `run`, with decisions that `strategy` made elsewhere, such as on bars whose future was cut off."""
    require_bars(bars)
    return _trade([strategy], [bars], [[decisions]], rules, first)


def trades_alone(
    strategy: Strategy, bars: Bars, decisions: Decisions, rules: TradingRules, first: date | None = None
) -> list[Trade]:
    """The trades of `run_decisions`, in a third of its time: without benchmark and statistics.

    Raises:
        ConfigError: as `run`.
    """
    require_bars(bars)
    require_warmup(strategy, bars)
    played = _play([strategy], [bars], [[decisions]], rules, first)
    return trades_of([strategy], played.outcome, played.market)


def first_bar(bars: Bars, first: date | None) -> int:
    """Position of the first bar of the session `first` or after it.

    Raises:
        ConfigError: there is none.
    """
    position = 0 if first is None else int(np.searchsorted(bars.sessions, np.datetime64(first, "D")))
    if position >= len(bars):
        held = f"they are from {bars.session(0)} to {bars.session(-1)}" if len(bars) else "there are none at all"
        raise ConfigError(f"{bars.instrument} has no bars in this range: {held}")
    return position


def periods_of(series: Sequence[Bars], times: Times) -> float:
    """Periods in a year of a timeline that several instruments share: 365 only where all trade always."""
    venues = {bars.instrument.venue for bars in series}
    return metrics.periods_per_year(venues.pop() if len(venues) == 1 else "", times)


def allocation(rules: TradingRules, among: int, *, suggests_shares: bool = False) -> str:
    """How the capital is shared, in words; `suggests_shares`: the strategy asks for a number of shares."""
    takes = "each entry takes " + ("the shares that the strategy suggests, at most " if suggests_shares else "")
    if rules.size.kind is SizeKind.ALL:
        if among == 1:
            return f"{takes}the whole equity"
        return f"the capital is shared equally: {takes}1/{among} of the equity"
    what = {
        SizeKind.FRACTION: f"{rules.size.amount:.4g} of the equity",
        SizeKind.CASH: f"{rules.size.amount:,.2f} of the money",
        SizeKind.SHARES: f"{rules.size.amount:g} shares",
        SizeKind.VOLATILITY: f"the part of the equity whose annual volatility is {rules.size.amount:.4g}",
        SizeKind.RISK: f"the part of the equity that a usual move changes by {rules.size.amount:.4g} of it",
    }[rules.size.kind]
    shared = "" if among == 1 else f", as long as the capital that {among} positions share has enough free"
    return f"{takes}{what}{shared}"


def data_hash(series: Sequence[Bars], ends: Sequence[End] = ()) -> str:
    """SHA-256 over the instruments, times, prices, volumes, joined features and ends, in hexadecimal."""
    digest = hashlib.sha256()
    for bars in series:
        digest.update(f"{bars.instrument.symbol} {bars.instrument.venue} {bars.interval};".encode())
        digest.update(np.ascontiguousarray(bars.opened_at.astype("datetime64[us]")).view("<i8").tobytes())
        for name in COLUMNS:
            digest.update(np.ascontiguousarray(getattr(bars, name), dtype="<f8").tobytes())
        for name, values in sorted(bars.features.items()):
            digest.update(f"{name};".encode())
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    for end in ends:
        digest.update(f"{end};".encode())
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class _Played:
    """What trading came to, on the decisions from `history` bars on; `below` of each strategy led to no order."""

    market: Market
    outcome: Outcome
    history: int
    below: Sequence[int]


def _play(
    strategies: Sequence[Strategy],
    series: Sequence[Bars],
    decisions: Sequence[Sequence[Decisions]],
    rules: TradingRules,
    first: date | None,
) -> _Played:
    for strategy, own in zip(strategies, decisions, strict=True):
        for bars, decided in zip(series, own, strict=True):
            require_decisions(strategy, bars, decided)
    starts = [first_bar(bars, first) for bars in series]
    for bars, start in zip(series, starts, strict=True):
        require_no_gaps(bars, start, allowed=rules.allow_gaps)
    market = Market([bars[start:] for bars, start in zip(series, starts, strict=True)])
    traded = [
        [
            decisions_from(rules.size.scaled(bars, one), start)
            for bars, one, start in zip(series, own, starts, strict=True)
        ]
        for own in decisions
    ]
    ordered = [
        [rules.limits.ordered(strategy, one) for one in own] for strategy, own in zip(strategies, traded, strict=True)
    ]
    limits = [rules.limits.of(strategy).max_positions for strategy in strategies]
    if len(strategies) == 1:
        outcome = trade(market, rules, ordered[0], limits[0], among=_among(strategies, market))
    else:
        outcome = trade_together(market, rules, ordered, limits, among=_among(strategies, market))
    below = [_orders(before) - _orders(after) for before, after in zip(traded, ordered, strict=True)]
    return _Played(market, outcome, max(starts), below)


def _trade(
    strategies: Sequence[Strategy],
    series: Sequence[Bars],
    decisions: Sequence[Sequence[Decisions]],
    rules: TradingRules,
    first: date | None,
) -> BacktestResult:
    played = _play(strategies, series, decisions, rules, first)
    market = played.market
    return _result(
        strategies,
        rules,
        played,
        trade(market, _without_choices(rules), [_buy_and_hold(len(bars)) for bars in market.series]),
        suggests_shares=any(decided.shares is not None for own in decisions for decided in own),
        hashed=data_hash(series, rules.ends),
    )


def _among(strategies: Sequence[Strategy], market: Market) -> int:
    """Among how many positions the whole equity is shared."""
    symbols = len(market.series)
    return sum(min(one.most_held, symbols) if isinstance(one, CrossSection) else symbols for one in strategies)


def buy_and_hold(bars: Bars, rules: TradingRules, first: date | None = None) -> float:
    """The return of the benchmark: bought at the first possible moment, for the same costs, and held."""
    window = bars[first_bar(bars, first) :]
    return (
        float(trade(Market([window]), _without_choices(rules), [_buy_and_hold(len(window))]).equity[-1]) / rules.cash
        - 1
    )


def decisions_from(decisions: Decisions, start: int) -> Decisions:
    """The decisions about the bars from `start` on."""
    shares = None if decisions.shares is None else decisions.shares[start:]
    return Decisions(
        decisions.entries[start:], decisions.exits[start:], decisions.confidence[start:], decisions.size[start:], shares
    )


def _orders(decisions: Sequence[Decisions]) -> int:
    """How many bars of all instruments say buy or sell."""
    return sum(int(np.count_nonzero(decided.entries | decided.exits)) for decided in decisions)


def _buy_and_hold(n: int) -> Decisions:
    """Buy at the first bar and stay."""
    return Decisions(np.arange(n) == 0, np.zeros(n, dtype=np.bool_), np.ones(n), np.ones(n))


def _without_choices(rules: TradingRules) -> TradingRules:
    """The rules for the benchmark: the same money, costs and fills, all of it, no stops and no caps."""
    plain = replace(rules, direction=Direction.LONG, size=Size(), caps=NO_RULES)
    return replace(plain, stop_loss=None, take_profit=None, trailing_stop=None, max_age=None)


def _result(
    strategies: Sequence[Strategy],
    rules: TradingRules,
    played: _Played,
    benchmark: Outcome,
    *,
    suggests_shares: bool,
    hashed: str,
) -> BacktestResult:
    market, outcome = played.market, played.outcome
    trades = trades_of(strategies, outcome, market)
    closed = [trade for trade in trades if trade.reason is not ExitReason.OPEN]
    periods = periods_of(market.series, market.times)
    return BacktestResult(
        strategies=tuple(strategies),
        rules=rules,
        series=market.series,
        history=played.history,
        times=market.times,
        equity=outcome.equity,
        benchmark=benchmark.equity,
        positions=outcome.held,
        invested=outcome.invested,
        trades=trades,
        refused=outcome.refused,
        below_order_level=sum(played.below),
        at_position_limit=outcome.at_position_limit,
        statistics=summarise(
            times=market.times,
            equity=outcome.equity,
            benchmark=benchmark.equity,
            in_market=(outcome.held != 0).any(axis=0),
            cash=rules.cash,
            periods=periods,
            pnl=np.array([trade.pnl for trade in closed]),
            trade_returns=np.array([trade.return_ for trade in closed]),
            durations=np.array([trade.days for trade in closed]),
            costs_paid=sum(trade.costs for trade in trades),
        ),
        periods_per_year=periods,
        suggests_shares=suggests_shares,
        allocation=allocation(rules, _among(strategies, market), suggests_shares=suggests_shares),
        data_hash=hashed,
        interest=outcome.interest,
        above_cap=outcome.above_cap,
        shares=strategy_shares(strategies, outcome, trades, played.below) if len(strategies) > 1 else (),
    )


def trades_of(strategies: Sequence[Strategy], outcome: Outcome, market: Market) -> list[Trade]:
    """The rows of the kernel as trades, in the order of their ends."""
    from back_testing.engine.kernels.account import FIRST_BAR, LAST_BAR

    starts, ends = (
        market.times[outcome.trades[:, column].astype(np.int64)].astype("datetime64[us]").tolist()
        for column in (FIRST_BAR, LAST_BAR)
    )
    trades = []
    for row, start, end in zip(outcome.trades.tolist(), starts, ends, strict=True):
        sleeve, first, last, size, entry_price, exit_price, pnl, costs, reason = row
        strategy, instrument = divmod(int(sleeve), len(market.series))
        open_still = REASONS[int(reason)] is ExitReason.OPEN
        trades.append(
            Trade(
                symbol=market.series[instrument].instrument.symbol,
                side="long" if size > 0 else "short",
                entry_time=start.replace(tzinfo=UTC),
                entry_price=entry_price,
                exit_time=None if open_still else end.replace(tzinfo=UTC),
                exit_price=exit_price,
                size=abs(size),
                pnl=pnl,
                return_=pnl / (abs(size) * entry_price),
                costs=costs,
                bars=int(last - first),
                reason=REASONS[int(reason)],
                strategy=strategies[strategy],
            )
        )
    return trades
