"""Commands about coins and the pairs of exchanges."""

from typing import Annotated

import typer

from algo_trading.cli.options import Json, Newest

Venue = Annotated[str | None, typer.Option("--venue", help="Only of this venue, such as BINANCE.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(instruments)
    app.command()(coins)


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
