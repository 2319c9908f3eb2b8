"""Commands about signals, orders and who gets notices of them."""

from pathlib import Path
from typing import Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.options import Account, Address, Json, Newest, Since, Strategy, Symbol, Until
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import AlgoTradingError, ConfigError


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(scores)
    app.command()(tune)
    app.command()(thresholds)
    app.command()(signals)
    app.command()(orders)
    app.command()(subscribe)
    app.command()(unsubscribe)
    app.command()(subscriptions)
    app.command()(deliver)


def scores(
    pair: Annotated[
        list[str] | None, typer.Argument(metavar="[PAIR]...", help="Pairs such as BTCUSDT; else all.")
    ] = None,
    timeframes: Annotated[
        str | None, typer.Option(metavar="1h,4h,...", help="Else what is monitored, else 1h,4h,12h,1d,3d,1w.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="MOMENT", help="As it stood then (2026-11-20T14:30Z); now unless given."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the price of one pair with both scores beneath.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how unusual the candles of pairs are: ranks of each timeframe, bull and bear score.

    A rank of 3 says that three of a hundred closed candles went as far. A high bull score is an unusual rise, a high
    bear score an unusual fall (docs/crypto.md). Example: algo-trading scores BTCUSDT --timeframes 1h,4h,1d
    """
    from algo_trading.cli.scores import show_scores

    show_scores(pair or (), timeframes, at, plot, as_json=json)


def tune(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="A pair such as BTCUSDT.")],
    *,
    timeframes: Annotated[
        str | None, typer.Option(metavar="1h,4h,...", help="Else what is monitored, else 1h,4h,12h,1d,3d,1w.")
    ] = None,
    commission: Annotated[
        float | None, typer.Option(help="Fraction of the traded value at each fill; else the account's.")
    ] = None,
    slippage_bps: Annotated[
        float | None, typer.Option(help="Basis points by which each fill's price is worse; else the account's.")
    ] = None,
    in_sample: Annotated[int, typer.Option(min=1, help="Days that thresholds are chosen on.")] = 180,
    out_of_sample: Annotated[
        int, typer.Option(min=1, help="Days that a choice is traded on before the next one.")
    ] = 30,
    at: Annotated[
        str | None, typer.Option("--at", metavar="MOMENT", help="From what was known then, for backtests with ml.")
    ] = None,
    json: Json = False,
) -> None:
    """Tune the thresholds of a pair's bull and bear scores on its history, costs included.

    Every pair of thresholds is tried; what survives must have worked on bars that it was not chosen on, in view of how
    many were tried. That none survives is an answer, too. Example: algo-trading tune BTCUSDT
    """
    from algo_trading.cli.tune import show_tuning

    show_tuning(pair, timeframes, commission, slippage_bps, (in_sample, out_of_sample), at=at, as_json=json)


def thresholds(json: Json = False) -> None:
    """List the thresholds that were last tuned, which `ml` stands for, and why there are none where none survived."""
    from algo_trading.cli.tune import show_thresholds

    show_thresholds(as_json=json)


def signals(
    *,
    symbol: Symbol = None,
    strategy: Strategy = None,
    account: Account = None,
    first: Since = None,
    last: Until = None,
    limit: Newest = 20,
    json: Json = False,
) -> None:
    """List the newest buys and sells with their reasons."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli.listings import print_signals
    from algo_trading.queries.documents import signal_json
    from algo_trading.queries.selection import Selection

    with bootstrap() as application:
        found = application.signal_list.listed(Selection(symbol, strategy, account, first, last), limit)
    if json:
        output.print_json([signal_json(one) for one in found])
    else:
        print_signals(found)


def orders(
    *,
    symbol: Symbol = None,
    strategy: Strategy = None,
    account: Account = None,
    first: Since = None,
    last: Until = None,
    limit: Newest = 20,
    json: Json = False,
) -> None:
    """List the newest orders: filled, waiting, or rejected with the reason."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli.listings import print_orders
    from algo_trading.queries.documents import order_json
    from algo_trading.queries.selection import Selection

    with bootstrap() as application:
        found = application.order_list.listed(Selection(symbol, strategy, account, first, last), limit)
    if json:
        output.print_json([order_json(one) for one in found])
    else:
        print_orders(found)


def subscribe(
    address: Address,
    *,
    symbol: Annotated[
        str, typer.Option(parser=normal_symbol, metavar="TEXT", help="A symbol, or * for every one.")
    ] = EVERY,
    strategy: Annotated[str, typer.Option(help="A strategy's name, or * for every one.")] = EVERY,
    venue: Annotated[str, typer.Option(help="A venue's code, or * for every one.")] = EVERY,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="Leave out signals of less confidence.")] = 0.0,
    scores: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PAIR", help="Instead of signals, high scores of a monitored pair; repeat it for several."
        ),
    ] = None,
    threshold: Annotated[
        str | None, typer.Option(metavar="N|ml", help="Points from which a score is told; ml: the tuned ones.")
    ] = None,
    update: Annotated[
        str | None, typer.Option(metavar="4h|daily|weekly|off", help="Scores of one's pairs, this often.")
    ] = None,
    digest: Annotated[
        str | None, typer.Option(metavar="12h|daily|weekly|off", help="All about one's instruments, this often.")
    ] = None,
    hour: Annotated[
        int | None, typer.Option(min=0, max=23, help="When daily and weekly mails come, in one's zone; else 8.")
    ] = None,
    zone: Annotated[str | None, typer.Option(metavar="NAME", help="One's time zone, such as Europe/Berlin.")] = None,
    quiet: Annotated[
        str | None, typer.Option(metavar="22-7|off", help="Hours of one's day in which nothing is delivered.")
    ] = None,
    channel: Annotated[str, typer.Option(help="Another channel than the configured one, such as telegram.")] = "",
) -> None:
    """Send the buys and sells of a strategy on a symbol to ADDRESS, from the next period on, or what else is named.

    With --scores a mail comes when the bull or bear score of a pair reaches the threshold (25 unless given), and again
    at each further rise. --update and --digest come regularly; --zone and --quiet hold for all that goes to ADDRESS.

    Example: algo-trading subscribe you@example.com --scores BTCUSDT --threshold 12 --update 4h --quiet 22-7
    """
    from algo_trading.cli.subscribing import Regular, subscribe_regularly, subscribe_scores, subscribe_signals

    regular = Regular(update, digest, hour, zone, quiet)
    if scores and (symbol != EVERY or strategy != EVERY):
        raise ConfigError("--scores names its pairs itself and has no strategy; leave --symbol and --strategy out")
    if threshold is not None and not scores:
        raise ConfigError("--threshold belongs to --scores PAIR")
    if hour is not None and not (update or digest):
        raise ConfigError("--hour belongs to --update or --digest")
    if scores:
        subscribe_scores(address, scores, threshold, venue, channel)
    elif not regular or symbol != EVERY or strategy != EVERY:
        subscribe_signals(address, symbol, strategy, venue, min_confidence=min_confidence, channel=channel)
    if regular:
        subscribe_regularly(address, regular, channel)


def unsubscribe(
    address: Address,
    *,
    symbol: Annotated[
        str | None, typer.Option(parser=normal_symbol, metavar="TEXT", help="Only signals on this symbol.")
    ] = None,
    strategy: Annotated[str | None, typer.Option(help="Only signals of this strategy.")] = None,
    scores: Annotated[
        list[str] | None, typer.Option(metavar="PAIR", help="Only scores of this pair; repeat it for several.")
    ] = None,
) -> None:
    """Send no more to ADDRESS: nothing at all, or only not what is named."""
    from algo_trading.cli.subscribing import end_subscriptions

    end_subscriptions(address, symbol, strategy, scores or ())


def subscriptions(json: Json = False) -> None:
    """List who gets notices of what."""
    from algo_trading.cli.subscribing import show_subscriptions

    show_subscriptions(as_json=json)


def deliver(json: Json = False) -> None:
    """Deliver the notices that wait in the outbox."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        report = application.deliver_notices()()
    if json:
        output.print_json(report)
    else:
        typer.echo(f"{report.sent} sent, {report.retried} to be tried again, {report.failed} failed")
    if report.error:
        raise AlgoTradingError(report.error)
