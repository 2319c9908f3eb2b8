"""The command that runs the practice exchange."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from algo_trading.exchange.api import Api


def moment(text: str) -> datetime:
    """Read a moment of the command line; without a zone it is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a moment; write it like 2024-05-01 or 2024-05-01T12:00Z") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def balances(texts: Sequence[str]) -> dict[str, Decimal]:
    """Amounts that are written like USDT=10000."""
    found: dict[str, Decimal] = {}
    for text in texts:
        asset, _, number = text.partition("=")
        try:
            amount = Decimal(number)
            fits = amount.is_finite() and amount >= 0 and amount == amount.quantize(Decimal("0.00000001"))
        except InvalidOperation:
            fits = False
        if not asset.isalnum() or not asset.isupper() or not fits:
            raise ConfigError(f"{text!r} is not a balance; write it like USDT=10000, with at most 8 decimals")
        found[asset] = amount
    return found


def exchange(  # noqa: PLR0917 - each is an option of the command line
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")],
    seed: Annotated[int, typer.Option(min=0, help="Made-up prices and everything else follow from it.")] = 7,
    speed: Annotated[
        float, typer.Option(min=0, max=1e6, help="How fast the market's clock runs; 0 stands still until it is moved.")
    ] = 1.0,
    replay: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="Folder of recorded candles to replay instead of made-up ones."
        ),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            parser=moment,
            metavar="MOMENT",
            help="Where the market's clock starts; else now, or a quarter into a replay.",
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=moment, metavar="MOMENT", help="Day on which the made-up history begins, if not earlier."),
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="ALGO_EXCHANGE_API_KEY", help="Key of the account; else one is printed.")
    ] = None,
    api_secret: Annotated[
        str | None, typer.Option(envvar="ALGO_EXCHANGE_API_SECRET", help="Its secret, for HMAC signatures.")
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Instead of a secret: an Ed25519 public key (PEM)."),
    ] = None,
    balance: Annotated[
        list[str] | None, typer.Option(metavar="ASSET=AMOUNT", help="What the account begins with; may be repeated.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Script of faults: a JSON list (see the docs).")
    ] = None,
) -> None:
    """Run a practice exchange that speaks Binance Spot's REST, streams and websocket API, with play money.

    A dozen coins trade at made-up prices, or recorded candles are replayed. Clients need only another address:
    REST under /api/v3, streams under /ws and /stream, the websocket API under /ws-api/v3. Ctrl-C ends it.

    Example: algo-trading exchange --port 8099 --balance USDT=10000 --speed 60
    """
    from algo_trading.exchange.start import ExchangeOptions, build

    if public_key is not None and api_secret is not None:
        raise ConfigError("give either --api-secret or --public-key")
    secret = api_secret if public_key is None else public_key.read_text()
    held = balances(balance if balance is not None else ["USDT=10000"])
    options = ExchangeOptions(seed, speed, replay, start, api_key, secret, held, faults, since)
    api, key = build(options, lambda: int(time.time() * 1000))

    def ready(address: str) -> None:
        prices = f"made-up prices, seed {seed}" if replay is None else f"prices replayed from {replay}"
        began = datetime.fromtimestamp(api.exchange.clock.now() / 1000, UTC)
        typer.echo(f"practice exchange at {address} (play money, {prices})")
        typer.echo(
            f"  market time {began:%Y-%m-%d %H:%M} UTC at speed {speed:g}; pairs: {', '.join(api.exchange.books)}"
        )
        if api_key is None:
            typer.echo(f"  API key {key.name}\n  secret  {key.secret}")
        typer.echo(f"  account {key.account}: {', '.join(f'{amount:f} {asset}' for asset, amount in held.items())}")

    asyncio.run(_serve(api, port, ready))
    typer.echo("stopped")


async def _serve(api: "Api", port: int, ready: Callable[[str], None]) -> None:
    from algo_trading.exchange.server import serve

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(api, port, ready, stop)


__all__ = ["balances", "exchange", "moment"]
