"""The commands `load` and `look-up`."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from rich.progress import Progress, TaskID

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.cli.coins import print_coins
from algo_trading.cli.names import names_of_now
from algo_trading.cli.watched import end_of, is_of_shares, periods_in, share_venue, watched_intervals, watchlists_of
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.queries.coins import CoinLine
from algo_trading.services.ingest import IngestReport

GAPS_SHOWN = 5  # of a symbol


def load_history(first: date, last: date, symbols: Sequence[str], watchlist: str | None, *, as_json: bool) -> None:
    """Load the bars of a range of dates and print the counts; symbols that failed are named at the end.

    Raises:
        ConfigError: there is no such period, or one lies beyond what the clock or a source allows.
        AlgoTradingError: a symbol could not be loaded; the others are.
    """
    report, count = IngestReport(), 0
    with bootstrap() as application, output.progress() as bar:
        symbols = names_of_now(application, symbols)
        wanted = watched_intervals(application, watchlist, symbols)
        for one in wanted:
            periods_in(application, one, first, last)
        for one in wanted:
            series = one.series(symbols)
            count += len(series)
            task = bar.add_task(f"loading {one.watchlist.name} {one.interval}", total=len(series))
            source, progress = application.source(one.watchlist.source), partial(_show_progress, bar, task)
            report += application.load_history()(source, midnight(first), end_of(last), series, progress)
    if as_json:
        output.print_json({**output.plain(report), "decided": 0, "sent": 0, "ordered": 0})
    else:
        rows = [("fetched", report.fetched), ("stored", report.stored), ("unchanged", report.unchanged)]
        output.table(f"{first} .. {last}", ("rows", "count"), [*rows, ("quarantined", report.quarantined)])
        _print_gaps(report)
    if report.errors:
        listed = "; ".join(f"{name}: {sentence}" for name, sentence in report.errors.items())
        raise AlgoTradingError(f"{len(report.errors)} of {count} symbols could not be loaded: {listed}")


def look_up_figures(symbols: Sequence[str], *, as_json: bool) -> None:
    """Look up figures of the watched shares, or of some symbols, and print the counts."""
    with bootstrap() as application:
        watchlists = watchlists_of(application)
        symbols = names_of_now(application, symbols)
        shares = [one for one in watchlists if is_of_shares(one)]
        watched = sorted({instrument for one in shares for instrument in one.instruments})
        others = [name for name in symbols if name not in {one.symbol for one in watched}]
        coins = [one for one in application.read_coins()(others) if one.pairs] if others else []
        symbols = [name for name in symbols if not any(name.casefold() in _names(one) for one in coins)]
        if coins and not symbols:
            _print_coins(coins, as_json=as_json)
            return
        named = [Instrument(name, share_venue(watchlists)) for name in dict.fromkeys(symbols)]
        report = application.fetch_fundamentals()(named or watched)
    if as_json:
        output.print_json({**output.plain(report), "coins": coins} if coins else report)
        return
    if coins:
        print_coins(coins)
    output.console.print(f"{report.stored} stored, {report.known} known today already")
    for name, sentence in report.errors.items():
        output.notes.print(f"{name}: {sentence}")


def _print_coins(coins: Sequence[CoinLine], *, as_json: bool) -> None:
    if as_json:
        output.print_json({"coins": coins})
    else:
        print_coins(coins)


def _names(coin: CoinLine) -> set[str]:
    return {coin.coin.casefold(), coin.name.casefold()}


def _show_progress(bar: Progress, task: TaskID, done: int) -> None:
    bar.update(task, completed=done)


def _print_gaps(report: IngestReport) -> None:
    if report.reasons:
        output.table("Held back", ("reason", "rows"), report.reasons.items())
    for symbol, periods in report.gaps.items():
        more = len(periods) - GAPS_SHOWN
        listed = ", ".join(map(str, periods[:GAPS_SHOWN])) + (f" and {more} more" if more > 0 else "")
        output.notes.print(f"{symbol}: no bar for {listed}")
