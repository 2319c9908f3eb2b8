"""What the entries of the configuration say about each other: which strategy trades which series for which account."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from algo_trading.domain.time import Interval
from algo_trading.domain.venue import venue_of
from algo_trading.errors import unknown_name
from algo_trading.settings.mistakes import Mistake
from algo_trading.settings.tables import LISTS, Settings, StrategySettings, WatchlistSettings
from algo_trading.settings.trading import AccountSettings
from algo_trading.settings.values import Section

Named = TypeVar("Named", WatchlistSettings, AccountSettings)
Numbered = tuple[int, Any]  # an entry, after its place in the list as it is written


@dataclass
class Entries:
    """Entries of the lists that could be read; `broken` are the lists of which one could not.

    `written` has all of them as they are written.
    """

    lists: dict[str, list[Numbered]] = field(default_factory=dict)
    written: dict[str, list[Numbered]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def add(self, name: str, index: int, entry: Section) -> None:
        """Keep an entry."""
        self.lists.setdefault(name, []).append((index, entry))

    def of(self, name: str) -> list[Numbered]:
        """The entries of a list."""
        return self.lists.get(name, [])

    def values(self) -> dict[str, list[Any]]:
        """The entries by the lists they stand in."""
        return {name: [entry for _, entry in self.of(name)] for name in LISTS}


@dataclass(frozen=True)
class StrategyEntry:
    """An entry of [[strategies]] with what it left out: all of the watchlist, the only account, the account's owner."""

    strategy: StrategySettings
    watchlist: WatchlistSettings
    account: AccountSettings
    symbols: tuple[str, ...]
    intervals: tuple[Interval, ...]
    owner: str


def strategy_entries(settings: Settings) -> list[StrategyEntry]:
    """Every entry of [[strategies]] of settings without mistakes."""
    return [_entry(strategy, settings.watchlists, settings.accounts) for strategy in settings.strategies]


def account_currency(settings: Settings, account: AccountSettings) -> str:
    """The currency of an account's cash: its own, else that of the venues it trades on, else that of all watchlists."""
    return _currency(account, strategy_entries(settings), settings.watchlists)


def _currency(
    account: AccountSettings, strategies: Sequence[StrategyEntry], watchlists: Sequence[WatchlistSettings]
) -> str:
    if account.currency:
        return account.currency
    traded = [entry.watchlist for entry in strategies if entry.account.name == account.name] or watchlists
    return venue_of(traded[0].venue).currency if traded else "USD"


def reference_mistakes(entries: Entries) -> list[Mistake]:
    """Entries that name what there is not, or that do not go together.

    What refers to a list of which an entry could not be read is not judged.
    """
    mistakes = [*_repeated(entries)]
    watchlists, accounts = ([entry for _, entry in entries.of(name)] for name in ("watchlists", "accounts"))
    valid = not entries.broken & {"watchlists", "accounts"}
    for index, strategy in entries.of("strategies"):
        problems: list[tuple[str, str]] = []
        if "watchlists" not in entries.broken:
            problems += _watchlist_problems(strategy, watchlists)
        if "accounts" not in entries.broken and (problem := _choice_problem("account", strategy.account, accounts)):
            problems.append(("account", problem))
        valid = valid and not problems
        mistakes += [Mistake(("strategies", index, key), problem) for key, problem in problems]
    return mistakes + (list(_currency_mistakes(entries)) if valid else [])


def _entry(
    strategy: StrategySettings, watchlists: Sequence[WatchlistSettings], accounts: Sequence[AccountSettings]
) -> StrategyEntry:
    watchlist, account = _chosen(strategy.watchlist, watchlists), _chosen(strategy.account, accounts)
    return StrategyEntry(
        strategy,
        watchlist,
        account,
        strategy.symbols or watchlist.symbols,
        strategy.intervals or watchlist.intervals,
        strategy.owner or account.owner,
    )


def _chosen(name: str | None, known: Sequence[Named]) -> Named:
    return next(entry for entry in known if name in {None, entry.name})


def _repeated(entries: Entries) -> Iterator[Mistake]:
    for key in ("watchlists", "accounts", "feeds"):
        seen: set[str] = set()
        for index, entry in entries.of(key):
            if entry.name in seen:
                yield Mistake((key, index), f"{entry.name!r} is configured twice; keep one of the entries")
            seen.add(entry.name)


def _choice_problem(noun: str, name: str | None, known: Sequence[WatchlistSettings | AccountSettings]) -> str:
    """What is wrong with the name of a watchlist or account, or with leaving it out; empty if nothing is."""
    names = list(dict.fromkeys(entry.name for entry in known))
    if name is None:
        if len(names) == 1:
            return ""
        return f"name one of them: {', '.join(names)}" if names else f"there is no {noun}: add one in [[{noun}s]]"
    return "" if name in names else unknown_name(noun, name, names)


def _watchlist_problems(
    strategy: StrategySettings, watchlists: Sequence[WatchlistSettings]
) -> Iterator[tuple[str, str]]:
    problem = _choice_problem("watchlist", strategy.watchlist, watchlists)
    if problem:
        yield "watchlist", problem
        return
    watchlist = _chosen(strategy.watchlist, watchlists)
    for key, own, watched in (
        ("symbols", strategy.symbols, watchlist.symbols),
        ("intervals", strategy.intervals, watchlist.intervals),
    ):
        missing = [str(value) for value in own or () if value not in watched]
        if missing:
            yield key, f"the watchlist {watchlist.name!r} does not have {', '.join(missing)}; add it there"


def _currency_mistakes(entries: Entries) -> Iterator[Mistake]:
    lists = entries.values()
    watchlists, accounts = lists["watchlists"], lists["accounts"]
    strategies = [_entry(strategy, watchlists, accounts) for strategy in lists["strategies"]]
    for (index, _), entry in zip(entries.of("strategies"), strategies, strict=True):
        own, venue = _currency(entry.account, strategies, watchlists), venue_of(entry.watchlist.venue)
        if venue.currency != own:
            yield Mistake(
                ("strategies", index, "account"),
                f"the account {entry.account.name!r} is in {own}, and {venue.code} trades in {venue.currency}: "
                f"name an account in {venue.currency}",
            )
