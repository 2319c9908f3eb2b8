"""Commands about coins and the pairs of exchanges."""

from typing import Annotated

import typer

from algo_trading.cli.options import Json, Newest, WatchlistName

Venue = Annotated[str | None, typer.Option("--venue", help="Only of this venue, such as BINANCE.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(instruments)
    app.command()(coins)
    app.command()(monitor)
    app.command()(monitoring)
    app.command("monitor-all")(monitor_all)
    app.command()(drop)
    app.command()(post)


def instruments(
    pair: Annotated[list[str] | None, typer.Argument(help="Only these pairs, or the pairs of these coins.")] = None,
    venue: Venue = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the exchanges first.")] = False,
    json: Json = False,
) -> None:
    """List the pairs of exchanges with their trading rules: steps, smallest amounts, status, order types.

    Airflow refreshes them every day. Example: algo-trading instruments INJUSDT --refresh
    """
    from algo_trading.cli.coins import show_instruments

    show_instruments(pair or [], venue, refresh=refresh, as_json=json)


def coins(
    coin: Annotated[list[str] | None, typer.Argument(help="Only these coins, by symbol or name.")] = None,
    limit: Newest = 50,
    json: Json = False,
) -> None:
    """List coins by rank, with the pair that each leads to at every exchange.

    A coin that a post mentions is traded in this pair. Example: algo-trading coins Dogecoin
    """
    from algo_trading.cli.coins import show_coins

    show_coins(coin or [], limit, as_json=json)


Items = Annotated[list[str], typer.Argument(metavar="ITEM...", help="COIN, PAIR, PAIR_4h or PAIR[1h,4h,1d].")]


def monitor(items: Items, watchlist: WatchlistName = None, json: Json = False) -> None:
    """Monitor coins, pairs or timeframes beside what the configuration names, from their next period on.

    Example: algo-trading monitor RVN INJBTC ETHUSDT_4h 'DOTUSDT[4h,3d,1w]'
    """
    from algo_trading.cli import monitoring as commands

    commands.monitor(items, watchlist, as_json=json)


def monitoring(json: Json = False) -> None:
    """List what is stored and what is monitored. What was dropped stays stored."""
    from algo_trading.cli import monitoring as commands

    commands.monitoring(as_json=json)


def monitor_all(json: Json = False) -> None:
    """Monitor everything that is stored."""
    from algo_trading.cli import monitoring as commands

    commands.monitor_all(as_json=json)


def drop(
    items: Items,
    watchlist: WatchlistName = None,
    from_database: Annotated[
        bool, typer.Option("--from-database", help="Remove bars, indicators, ranks and scores, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Stop monitoring coins, pairs or timeframes. Bars that are stored stay, unless --from-database says otherwise.

    Example: algo-trading drop INJUSDT_12h DOGEBTC
    """
    from algo_trading.cli import monitoring as commands

    commands.drop(items, watchlist, from_database=from_database, as_json=json)


def post(
    pair: Annotated[
        list[str] | None, typer.Argument(metavar="[PAIR]...", help="Pairs such as BTCUSDT; else all.")
    ] = None,
    csv: Annotated[
        str | None, typer.Option("--csv", metavar="FILE", help="Write a table of every figure; - prints it.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell how unusual the newest candles of pairs are: what is out of the ordinary in each timeframe, and the scores.

    Of ranks up to 20 (and from 80 on, of change and amplitude) the rank, the present value and the average are named.
    Example: algo-trading post BTCUSDT --csv scores.csv
    """
    from algo_trading.cli.post import show_post

    show_post(pair or (), csv, as_json=json)
