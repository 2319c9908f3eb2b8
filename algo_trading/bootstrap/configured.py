"""What the configuration asks for, in the terms of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algo_trading.domain.account import Mode
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.plugins import GROUPS, plugin_names
from algo_trading.services.open_accounts import AccountPlan
from algo_trading.services.setup_difference import Setup
from algo_trading.services.subscribe import SubscriptionPlan
from algo_trading.settings.references import account_currency, strategy_entries
from algo_trading.strategies.registry import build_strategy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from algo_trading.repositories.watchlists import AssignmentKey
    from algo_trading.settings import AccountSettings, Settings, WatchlistSettings
    from algo_trading.settings.references import StrategyEntry


SOURCES = "algo_trading.sources"


def configured_setup(settings: Settings) -> Setup:
    """Watchlists, accounts, assignments and subscriptions as the configuration has them.

    Raises:
        ConfigError: a source, strategy or parameter does not exist, or two entries contradict each other.
    """
    return Setup(
        tuple(map(configured_watchlist, settings.watchlists)),
        tuple(_account(settings, account) for account in settings.accounts),
        tuple(configured_assignments(settings)),
        tuple(
            SubscriptionPlan(s.address, s.symbol, s.strategy, s.start, s.venue, min_confidence=s.min_confidence)
            for s in settings.subscriptions
        ),
    )


def configured_watchlist(entry: WatchlistSettings) -> Watchlist:
    """The watchlist of an entry of [[watchlists]].

    Raises:
        UnknownNameError: there is no such source of bars; the known ones are listed.
    """
    known = plugin_names(SOURCES)
    if entry.source not in known:
        raise UnknownNameError(f"watchlist {entry.name}: {unknown_name(GROUPS[SOURCES], entry.source, known)}")
    return Watchlist(entry.name, entry.venue, entry.source, entry.intervals, entry.symbols)


def configured_assignments(settings: Settings) -> list[Assignment]:
    """Every strategy with each of its series, once.

    Raises:
        ConfigError: a strategy or parameter does not exist, or a strategy trades one series for one account by two
            entries that differ.
    """
    found: dict[AssignmentKey, Assignment] = {}
    for one in (one for entry in strategy_entries(settings) for one in _assignments(entry)):
        if found.setdefault((one.strategy, one.series, one.account), one) != one:
            raise ConfigError(
                f"two entries of [[strategies]] are {one.strategy} on {one.series} for {one.account} and differ in "
                "watchlist, owner, limits or exits; keep one of them"
            )
    return list(found.values())


def _assignments(entry: StrategyEntry) -> Iterable[Assignment]:
    strategy = build_strategy(entry.strategy.name, entry.strategy.params)
    limits, exits = entry.strategy.limits.over(strategy.limits), entry.strategy.exits.exits
    for interval in entry.intervals:
        for symbol in entry.symbols:
            yield Assignment(
                strategy=strategy.id,
                series=Series(Instrument(symbol, entry.watchlist.venue), interval),
                watchlist=entry.watchlist.name,
                account=entry.account.name,
                owner=entry.owner,
                limits=limits,
                exits=exits,
            )


def _account(settings: Settings, account: AccountSettings) -> AccountPlan:
    return AccountPlan(
        name=account.name,
        broker=account.broker,
        currency=account_currency(settings, account),
        mode=Mode(account.mode),
        owner=account.owner,
        cash=account.cash,
        position_fraction=account.position_fraction,
        costs=account.costs,
        start=midnight(account.start) if account.start else None,
        shorts=account.shorts,
        rules=account.rules.rules,
        sizer=account.sizer,
    )
