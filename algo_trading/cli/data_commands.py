"""Commands about bars, figures, posts, and the sessions that are processed from them."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.options import DATE, Day, First, Json, Last, Newest, To, WatchlistName, parse_date
from algo_trading.domain.symbol import normal_symbol


def _path_or_address(text: str) -> str:
    if not text.startswith(("http://", "https://")) and not Path(text).exists():
        raise typer.BadParameter(f"Path '{text}' does not exist.")
    return text


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(load)
    app.command("run-session")(run_session)
    app.command("run-text")(run_text)
    app.command()(symbols)
    app.command()(posts)
    app.command("look-up")(look_up)
    app.command("import-bars")(import_bars)
    app.command("import-fundamentals")(import_fundamentals)
    app.command()(quarantine)


def load(
    first: First,
    last: Last,
    symbol: Annotated[
        list[str] | None,
        typer.Option(parser=normal_symbol, metavar="TEXT", help="Only this symbol; may be repeated."),
    ] = None,
    watchlist: WatchlistName = None,
    json: Json = False,
) -> None:
    """Load history in bulk from the sources of the watchlists, without deciding anything.

    Example: algo-trading load --from 2000-01-01 --to 2012-12-31
    """
    from algo_trading.cli.history import load_history

    load_history(first, last, symbol or [], watchlist, as_json=json)


def run_session(day: Day, to: To = None, watchlist: WatchlistName = None, json: Json = False) -> None:
    """Run the whole chain for one session, or each session of a range, here and now, without Airflow.

    Every watchlist of daily or longer bars is processed; with --watchlist every interval of that one. Safe to repeat:
    a session that was run before changes nothing. Example: algo-trading run-session 2013-01-02 --to 2013-02-22
    """
    from algo_trading.cli.sessions import run_sessions

    run_sessions(day, to, watchlist, as_json=json)


def run_text(json: Json = False) -> None:
    """Collect posts and articles, annotate them, decide and notify, here and now, without Airflow.

    Safe to repeat: a post is stored, annotated and decided on once. Feeds are configured as [[feeds]] (docs/feeds.md).
    """
    from algo_trading.cli import posts as text

    text.run_text(as_json=json)


def symbols(json: Json = False) -> None:
    """List what bars there are: symbols with venue, interval, first and last period."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        found = application.symbol_list.all()
    if json:
        output.print_json(found)
        return
    rows = [(one.symbol, one.venue, one.interval, one.first, one.last, one.bars) for one in found]
    output.table("Symbols", ("symbol", "venue", "interval", "first", "last", "bars"), rows)


def posts(limit: Newest = 20, json: Json = False) -> None:
    """List the newest posts and articles with the instruments they mention, confidence and sentiment."""
    from algo_trading.cli.posts import show_posts

    show_posts(limit, as_json=json)


def look_up(
    symbol: Annotated[
        list[str] | None,
        typer.Argument(
            parser=normal_symbol, metavar="SYMBOL", help="Only these symbols or coins; else the watchlists' shares."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Look up price-earnings ratios and market capitalisations at Yahoo. They count from this moment on.

    Of a coin the pairs are shown in which it is traded.
    Strategies such as event_driven need them; import-fundamentals brings in the past. One record is
    kept for each symbol and day.
    """
    from algo_trading.cli.history import look_up_figures

    look_up_figures(symbol or [], as_json=json)


def import_bars(
    paths: Annotated[
        list[str],
        typer.Argument(
            parser=_path_or_address,
            help="CSV, Parquet, Feather or JSON files (.gz, .zip, .tar.gz too), folders, or Binance's archive by HTTP.",
        ),
    ],
    symbol: Annotated[
        str | None,
        typer.Option(
            parser=normal_symbol, metavar="TEXT", help="Symbol of files without such a column; else the file's name."
        ),
    ] = None,
    venue: Annotated[
        str, typer.Option("--venue", "--calendar", help="Where the bars were traded: XNYS, BINANCE ...")
    ] = "XNYS",
    interval: Annotated[
        str | None, typer.Option(help="Length of the bars: 1m 5m 1h 4h 1d ...; else what file or name say, else 1d.")
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_date, metavar=DATE, help="First day wanted of an archive.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Import bars from files. Bad rows go to the quarantine with a reason; importing again changes nothing.

    Columns: symbol or ticker, date or timestamp, open, high, low, close, volume, in any order and case. Adjusted
    closes, or else dividends, beside daily bars become splits and dividends. Candles of
    Binance's archive, freqtrade and CryptoDataDownload are read as they are. Example:
    algo-trading import-bars https://data.binance.vision --venue BINANCE --symbol BTCUSDT --interval 5m
    """
    from algo_trading.cli.imports import import_files

    import_files(paths, symbol, venue, interval, first=first, as_json=json)


def import_fundamentals(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file with a header, in UTF-8.")],
    venue: Annotated[
        str | None,
        typer.Option("--venue", "--calendar", help="Venue of the symbols; else that of the first watchlist."),
    ] = None,
    json: Json = False,
) -> None:
    """Import price-earnings ratios and market capitalisations of the past, for backtests. A wrong row stores nothing.

    Columns: symbol, seen (when it was known, ISO 8601 with a zone), pe_ratio, market_cap; an empty cell is unknown.
    """
    from algo_trading.cli.imports import import_figures

    import_figures(file, venue, as_json=json)


def quarantine(
    reason: Annotated[str | None, typer.Option(help="Only rows held back for this reason.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many rows; all in JSON unless given.")] = None,
    json: Json = False,
) -> None:
    """List rows held back: where they came from and why, newest first.

    Bars held back as a likely untold split are let in by `algo-trading action add`.
    """
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        reasons = application.quarantine.reasons()
        rows = application.quarantine.newest(limit if json or limit else 20, reason)
    if json:
        output.print_json({"reasons": reasons, "rows": rows})
        return
    output.table("Rows held back", ("reason", "rows"), reasons.items())
    shown = [(row.source, row.place, row.symbol, row.session, row.reason) for row in rows]
    output.table(f"The newest {len(shown)}", ("source", "place", "symbol", "session", "reason"), shown)
