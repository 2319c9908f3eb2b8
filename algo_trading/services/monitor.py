"""What people monitor beside the configuration, changed while the program runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from algo_trading.domain.coins import is_coin_venue, pair_of, quote_asset, split_pair
from algo_trading.domain.instrument import Instrument, Series, TradingRules
from algo_trading.domain.monitoring import MonitorItem, UnknownTimeframeError, WrongSyntaxError, parse_item
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import SourceError, UnknownNameError, unknown_name
from algo_trading.gateways.market_data import Sources
from algo_trading.repositories.bars import BarRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.scores import ScoreRepository, ThresholdRepository
from algo_trading.repositories.trading_rules import TradingRulesRepository
from algo_trading.repositories.watchlists import SetupChanges, SetupRepository, WatchlistRepository
from algo_trading.services.apply_config import WORK
from algo_trading.services.refresh_rules import RefreshRules

DEFAULT_TIMEFRAMES = (
    Interval.HOUR_1, Interval.HOUR_4, Interval.HOUR_12, Interval.DAY, Interval.DAY_3, Interval.WEEK,
)  # fmt: skip


@dataclass
class MonitorReport:
    """What became of each item. `added` and `monitored` (already) are series, the others items as they were written.

    `renamed` says which items had a former name of an instrument; they stand for its name of now.
    """

    renamed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    monitored: list[str] = field(default_factory=list)
    wrong_syntax: list[str] = field(default_factory=list)
    unknown_timeframe: list[str] = field(default_factory=list)
    not_listed: list[str] = field(default_factory=list)


@dataclass
class DropReport:
    """Series that left monitoring and the database, and items of which neither had anything; `renamed` as above."""

    renamed: list[str] = field(default_factory=list)
    from_monitoring: list[str] = field(default_factory=list)
    from_database: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    wrong_syntax: list[str] = field(default_factory=list)
    unknown_timeframe: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Monitoring:
    """Series that have bars and series that are monitored, in natural order: what was dropped stays stored."""

    stored: tuple[str, ...]
    monitored: tuple[str, ...]


@dataclass(frozen=True)
class Monitor:
    """Add series to watchlists and drop them, in the rows; the next period is processed with what they then say.

    A watchlist's configured symbols and intervals stay as they are: what is added or dropped stands beside them, and
    applying the configuration keeps it.
    """

    watchlists: WatchlistRepository
    setup: SetupRepository
    rules: TradingRulesRepository
    refresh: RefreshRules
    bars: BarRepository
    scores: ScoreRepository
    thresholds: ThresholdRepository
    names: NameRepository
    sources: Sources
    locks: ExclusiveWork
    quote_assets: Mapping[str, str]
    asks: bool = True  # False: within a transaction, which waits for no exchange

    def learn_pairs(self, watchlist: str | None = None) -> None:
        """Ask exchanges for their pairs where nobody knows them yet, of a watchlist or of all; `add` does so first.

        Raises:
            UnknownNameError: there is no such watchlist.
            SourceError: one could not be asked, or may not be in a transaction.
        """
        known = self.refresh.sources()
        unknown = [one.venue for one in self._candidates(watchlist) if one.venue in known]
        unknown = [venue for venue in unknown if not self.rules.all(venue)]
        if unknown and not self.asks:
            raise SourceError(f"the pairs of {unknown[0]} are not known yet, and it did not answer; try again later")
        if unknown:
            self.refresh()

    def add(self, items: Sequence[str], watchlist: str | None = None) -> MonitorReport:
        """Monitor items, in the watchlist that is named or the first whose venue lists them (those of coins first).

        A coin or pair without timeframes stands for what is stored of it, else for the default timeframes. The good
        items are added, whatever is wrong with others. Of a venue whose listed instruments nobody knows a watchlist
        takes any symbol if it is named.

        Raises:
            UnknownNameError: there is no such watchlist.
            SourceError: an exchange whose pairs are not known yet could not be asked for them.
        """
        report = MonitorReport()
        parsed = list(_parsed(items, report))
        self.learn_pairs(watchlist)
        with self.locks.exclusively(WORK):
            found = self._candidates(watchlist)
            stored = self.bars.series()
            books = [_Book(one, self.rules.all(one.venue), self._quote(one), stored) for one in found]
            for book in books:
                book.takes_any = watchlist is not None
            for text, item in self._as_named_now(parsed, books, report):
                self._add(text, item, books, report)
            self._write(books)
        return report

    def add_all(self) -> MonitorReport:
        """Monitor everything that is stored at the venues of the watchlists."""
        report = MonitorReport()
        with self.locks.exclusively(WORK):
            books = [_Book(one, (), "", ()) for one in self._candidates(None)]
            for one in self.bars.series():
                there = [book for book in books if book.watchlist.venue == one.venue]
                if any(one in book.watchlist.all_series for book in there):
                    report.monitored.append(shown(one))
                elif there:
                    there[0].add(one)
                    report.added.append(shown(one))
            self._write(books)
        return report

    def drop(self, items: Sequence[str], *, from_database: bool = False, watchlist: str | None = None) -> DropReport:
        """Take items out of monitoring: of a coin all pairs, of a pair all timeframes; from the database, too, if so.

        From the database their bars go, with the indicators, ranks and scores that were made of them.

        Raises:
            UnknownNameError: there is no such watchlist.
        """
        report = DropReport()
        parsed = list(_parsed(items, report))
        with self.locks.exclusively(WORK):
            found = self._candidates(watchlist)
            stored = [one for one in self.bars.series() if one.venue in {book.venue for book in found}]
            books = [_Book(one, self.rules.all(one.venue), self._quote(one), stored) for one in found]
            doomed: list[Series] = []
            for text, item in self._as_named_now(parsed, books, report):
                gone = [one for book in books for one in book.drop(item)]
                kept = [one for one in stored if any(book.names(item, one) for book in books)] if from_database else []
                report.from_monitoring += map(shown, gone)
                doomed += [one for one in kept if one not in doomed]
                if not gone and not kept:
                    report.not_found.append(text)
            self._write(books)
            report.from_database += map(shown, doomed)
            self._forget_scores(doomed)  # before the bars, without which it would not be found again
            self.bars.remove(doomed)
        return report

    def read(self) -> Monitoring:
        """What is stored and what is monitored."""
        monitored = {one for watchlist in self.watchlists.all() for one in watchlist.all_series}
        return Monitoring(tuple(map(shown, sorted(self.bars.series()))), tuple(map(shown, sorted(monitored))))

    def _forget_scores(self, doomed: Sequence[Series]) -> None:
        """Remove the ranks of series that go, and everything about pairs of which nothing is left."""
        left = {one.instrument for one in self.bars.series() if one not in doomed}
        for instrument in sorted({one.instrument for one in doomed}):
            if instrument in left:
                self.scores.remove(instrument, [one.interval for one in doomed if one.instrument == instrument])
            else:
                self.scores.remove(instrument)
                self.thresholds.remove(instrument)

    def _add(self, text: str, item: MonitorItem, books: Sequence["_Book"], report: MonitorReport) -> None:
        for book in books:
            instruments, is_coin = book.instruments(item.name)
            if not instruments:
                continue
            if is_coin and item.intervals:
                report.wrong_syntax.append(text)
                return
            has = self.sources(book.watchlist.source).intervals
            wanted = [one for instrument in instruments for one in book.wanted(instrument, item.intervals, has)]
            refused = [one for one in wanted if one.interval not in has or not book.has_calendar(one.interval)]
            report.unknown_timeframe += map(shown, refused)
            for one in wanted:
                if one in refused:
                    continue
                (report.added if book.add(one) else report.monitored).append(shown(one))
            return
        report.not_listed.append(text)

    def _as_named_now(
        self, items: Iterable[tuple[str, MonitorItem]], books: Sequence["_Book"], report: MonitorReport | DropReport
    ) -> Iterable[tuple[str, MonitorItem]]:
        """The items with the names that instruments at these venues have now, unless one of them is called so."""
        for text, item in items:
            if any(book.knows(item.name) for book in books):
                yield text, item
                continue
            found = self.names.newest(Instrument(item.name, book.venue) for book in books)
            report.renamed += map(str, found.values())
            now = next((one.now.symbol for one in found.values()), item.name)
            yield text, replace(item, name=now)

    def _candidates(self, name: str | None) -> list[Watchlist]:
        found = self.watchlists.all()
        if name is None:
            return sorted(found, key=lambda one: not is_coin_venue(one.venue))
        named = [one for one in found if one.name == name]
        if not named:
            raise UnknownNameError(unknown_name("watchlist", name, [one.name for one in found]))
        return named

    def _quote(self, watchlist: Watchlist) -> str:
        return quote_asset(watchlist.venue, self.quote_assets)

    def _write(self, books: Iterable["_Book"]) -> None:
        changed = tuple(book.watchlist for book in books if book.is_changed)
        if changed:
            self.setup.change(SetupChanges(watchlists=changed))


class _Book:
    """A watchlist that is being changed, and what its venue lists."""

    def __init__(
        self, watchlist: Watchlist, rules: Sequence[TradingRules], quote: str, stored: Sequence[Series]
    ) -> None:
        self.watchlist, self._quote = watchlist, quote
        self.is_changed = self.takes_any = False
        self._rules = {one.instrument: one for one in rules if one.delisted_at is None}
        self._stored = [one for one in stored if one.venue == watchlist.venue]

    @property
    def venue(self) -> str:
        return self.watchlist.venue

    def knows(self, name: str) -> bool:
        """Whether anything here is called that, pair or coin."""
        instruments = (*self._rules, *(one.instrument for one in self._stored), *self.watchlist.instruments)
        return any(name in {one.symbol, self._base(one)} for one in instruments)

    def instruments(self, name: str) -> tuple[list[Instrument], bool]:
        """What a name means here, and whether it is a coin: a pair, else of a coin what is stored or its usual pair."""
        pair = Instrument(name, self.venue)
        known = {one.instrument for one in self._stored} | set(self.watchlist.instruments)
        if pair in (self._rules or known) or (self.takes_any and not self._rules):
            return [pair], False
        stored = sorted({one.instrument for one in self._stored if self._base(one.instrument) == name})
        if stored:
            return stored, True
        found = pair_of(name, self._quote, self._rules.values())
        return ([found.instrument], True) if found else ([], False)

    def wanted(self, instrument: Instrument, intervals: Sequence[Interval], has: Iterable[Interval]) -> list[Series]:
        """The series that an item means: the named timeframes, else what is stored, else the default ones."""
        if not intervals:
            stored = [one for one in self._stored if one.instrument == instrument]
            if stored:
                return stored
            usual = DEFAULT_TIMEFRAMES if is_coin_venue(self.venue) else self.watchlist.intervals
            intervals = [one for one in usual if one in has]
        return [Series(instrument, one) for one in intervals]

    def has_calendar(self, interval: Interval) -> bool:
        """Exchanges that close have no bars of three days."""
        return interval is not Interval.DAY_3 or is_coin_venue(self.venue)

    def add(self, series: Series) -> bool:
        """Monitor a series; returns whether it was not watched before."""
        old = self.watchlist
        if series in old.all_series:
            return False
        dropped = tuple(one for one in old.dropped if one != series)
        changed = replace(old, dropped=dropped)
        if series not in changed.all_series:
            changed = replace(changed, monitored=tuple(sorted((*old.monitored, series))))
        self.watchlist, self.is_changed = changed, True
        return True

    def drop(self, item: MonitorItem) -> list[Series]:
        """Stop watching what an item names; returns the series."""
        old = self.watchlist
        gone = sorted(one for one in old.all_series if self.names(item, one))
        if gone:
            monitored = tuple(one for one in old.monitored if one not in gone)
            changed = replace(old, monitored=monitored)
            left = [one for one in gone if one in changed.all_series]  # the configured ones
            self.watchlist = replace(changed, dropped=tuple(sorted((*old.dropped, *left))))
            self.is_changed = True
        return gone

    def names(self, item: MonitorItem, series: Series) -> bool:
        """Whether an item names a series of this venue: by its pair, or by its coin."""
        if series.venue != self.venue or (item.intervals and series.interval not in item.intervals):
            return False
        return item.name == series.symbol or (not item.intervals and self._base(series.instrument) == item.name)

    def _base(self, instrument: Instrument) -> str | None:
        rules = self._rules.get(instrument)
        if rules is not None:
            return rules.base
        parts = split_pair(instrument.symbol) if is_coin_venue(self.venue) else None
        return parts and parts[0]


def shown(series: Series) -> str:
    """A series as people name it; the interval is always named."""
    return f"{series.symbol}_{series.interval}"


def _parsed(items: Sequence[str], report: MonitorReport | DropReport) -> Iterable[tuple[str, MonitorItem]]:
    for text in dict.fromkeys(items):
        try:
            yield text, parse_item(text)
        except WrongSyntaxError:
            report.wrong_syntax.append(text)
        except UnknownTimeframeError:
            report.unknown_timeframe.append(text)
