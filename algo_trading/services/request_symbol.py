"""Somebody asks for a symbol that is not tracked: it is monitored, and its history loaded and backtested."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from algo_trading.calendars import Calendars
from algo_trading.domain.coins import is_coin_venue
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.letter import Letter
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.symbol_request import SymbolRequest
from algo_trading.domain.time import DAY
from algo_trading.domain.user import User
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import AlgoTradingError, ConfigError, NothingGoodError, UnknownSymbolError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import Sources
from algo_trading.repositories.audit import AuditEntry, AuditLog
from algo_trading.repositories.bars import BarRepository
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.recommendations import RecommendationRepository
from algo_trading.repositories.symbol_requests import SymbolRequests
from algo_trading.repositories.watchlists import WatchlistRepository
from algo_trading.services.load_history import LoadHistory
from algo_trading.services.monitor import Monitor
from algo_trading.services.names_of_now import symbol_of_now

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
INTRADAY_HISTORY = timedelta(days=2 * 365)
GIVEN_UP = DAY  # after which what cannot be loaded is told, and asked for again by whoever wants it

Review = Callable[[datetime, Sequence[Series]], object]
"""Backtests series up to a period and stores what it recommends."""


@dataclass(frozen=True)
class RequestSymbol:
    """Take a request; `per_day` is how many a member has in a day."""

    requests: SymbolRequests
    watchlists: WatchlistRepository
    monitor: Monitor
    names: NameRepository
    queue: NoticeQueue
    audit: AuditLog
    clock: Clock
    owners: Callable[[], Sequence[str]]
    per_day: int

    def __call__(self, user: User, text: str) -> SymbolRequest:
        """Monitor the symbol from now on, and have its history loaded; owners get a notice.

        Raises:
            ConfigError: it is tracked already, nobody lists it, or the user had as many as a day has.
        """
        symbol, now = symbol_of_now(self.names, normal_symbol(text.strip())), self.clock.now()
        if self._tracked(symbol):
            raise ConfigError(f"{symbol} is tracked already; subscribe to it")
        if not user.is_owner and self.requests.count(user.name, now - DAY) >= self.per_day:
            raise ConfigError(f"a user may ask for {self.per_day} symbols a day; ask again tomorrow")
        self._monitor(symbol)
        found = self._tracked(symbol)
        if found is None:
            raise ConfigError(f"nobody lists {symbol}; write it as its exchange does")
        watchlist, instrument = found
        request = SymbolRequest(instrument, watchlist.name, user.name, user.address, now)
        if self.requests.add(request):
            self.audit.add(AuditEntry(now, user.name, "symbol.request", str(instrument)))
            said = (
                f"{user.name} asked for {instrument}. It is monitored in {watchlist.name}; its history is loaded next.",
                f"To undo it: algo-trading drop {symbol}",
            )
            letter = Letter(f"{user.name} asks for {instrument}", said)
            key = f"request {instrument} {user.name} {now.isoformat()}"
            others = [one for one in self.owners() if one != user.address]
            self.queue.tell(Content(NoticeKind.LETTER, key, now, letter.details), others)
        return request

    def _tracked(self, symbol: str) -> tuple[Watchlist, Instrument] | None:
        for watchlist in self.watchlists.all():
            for series in watchlist.all_series:
                if series.symbol == symbol:
                    return watchlist, series.instrument
        return None

    def _monitor(self, symbol: str) -> None:
        """Where its listing says, else in the first watchlist of a venue whose listed symbols nobody knows."""
        report = self.monitor.add([symbol])
        others = (one.name for one in self.watchlists.all() if not is_coin_venue(one.venue))
        if report.not_listed and (name := next(others, None)):
            self.monitor.add([symbol], name)


@dataclass(frozen=True)
class WorkSymbolRequests:
    """Load the history of what was asked for, backtest it, and tell who asked."""

    requests: SymbolRequests
    watchlists: WatchlistRepository
    monitor: Monitor
    load: LoadHistory
    bars: BarRepository
    recommendations: RecommendationRepository
    sources: Sources
    calendars: Calendars
    clock: Clock
    review: Review

    def __call__(self) -> dict[str, str]:
        """The outcome of each instrument that was finished; what a source cannot answer now is tried again."""
        outcomes: dict[str, str] = {}
        for request in self.requests.open():
            outcome = outcomes.get(str(request.instrument)) or self._outcome(request)
            if outcome:
                outcomes[str(request.instrument)] = outcome
                self._finish(request, outcome)
        return outcomes

    def _outcome(self, request: SymbolRequest) -> str:
        watchlist = self.watchlists.get(request.watchlist)
        own = sorted(one for one in watchlist.all_series if one.instrument == request.instrument)
        try:
            for series in own:
                self._load(watchlist, series)
        except (UnknownSymbolError, NothingGoodError) as error:
            self.monitor.drop([request.instrument.symbol], watchlist=watchlist.name)
            return f"It cannot be tracked: {error}."
        except AlgoTradingError as error:
            late = self.clock.now() - request.asked_at > GIVEN_UP
            return f"Its history could not be loaded: {error}. It is monitored all the same." if late else ""
        return " ".join(self._told(series) for series in own)

    def _load(self, watchlist: Watchlist, series: Series) -> None:
        now = self.clock.now()
        last = self.calendars(series.venue).newest_closed(series.interval, now).opened_at
        source = self.sources(watchlist.source)
        ends_at = source.ends_at(series.venue, series.interval)
        last = min(last, ends_at) if ends_at else last
        self.load(source, last - INTRADAY_HISTORY if series.interval.intraday else FIRST, last, [series])
        if not series.interval.intraday:
            self.review(last, [series])

    def _told(self, series: Series) -> str:
        extent = next((one for one in self.bars.extents() if one.series == series), None)
        if extent is None:
            return f"Of {series} there are no bars yet."
        loaded = f"Of {series} {extent.bars:,} bars are stored, from {extent.first:%Y-%m-%d} on."
        found = next((one for one in self.recommendations.newest() if one.series == series), None)
        if found is None:
            return loaded
        return f"{loaded} Recommended: {found.strategy.name if found.strategy else 'none'} ({found.reason})."

    def _finish(self, request: SymbolRequest, outcome: str) -> None:
        now, instrument = self.clock.now(), request.instrument
        letter = Letter(f"{instrument}: what you asked for", (outcome,))
        key = f"requested {instrument} {request.user} {request.asked_at.isoformat()}"
        self.requests.finish(request, outcome, now, Content(NoticeKind.LETTER, key, now, letter.details))
