"""The commands `subscribe`, `unsubscribe` and `subscriptions`."""

from collections.abc import Sequence

import typer

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.domain.scores import ML, THRESHOLD
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import ConfigError


def subscribe_signals(address: str, symbol: str, strategy: str, venue: str) -> None:
    """Subscribe an address to the buys and sells of a strategy on a symbol."""
    with bootstrap() as application:
        subscription, new = application.subscribe()(address, symbol, strategy, venue)
    verb = "is subscribed" if new else "was subscribed already"
    typer.echo(f"{address} {verb} to {strategy} on {symbol}, from {subscription.start:%Y-%m-%d %H:%M} UTC on")


def subscribe_scores(address: str, pairs: Sequence[str], threshold: str | None, venue: str) -> None:
    """Subscribe an address to high scores of pairs, or change their threshold.

    Raises:
        typer.BadParameter: the threshold is neither a number nor `ml`.
    """
    points = _points(threshold) if threshold is not None else THRESHOLD
    with bootstrap() as application:
        subscribe = application.subscribe_scores()
        for pair in pairs:
            subscription, new = subscribe(address, normal_symbol(pair), points, venue)
            verb = "gets a notice" if new else "was subscribed before, and now gets a notice"
            level = "the tuned threshold" if points is None else f"{points}"
            typer.echo(f"{address} {verb} when a score of {subscription.instrument} reaches {level}")


def end_subscriptions(address: str, symbol: str | None, strategy: str | None, pairs: Sequence[str]) -> None:
    """End all subscriptions of an address, or those that are named.

    Raises:
        ConfigError: it has no such subscription.
    """
    with bootstrap() as application:
        removed = sum(application.score_alerts.remove(address, normal_symbol(pair)) for pair in pairs)
        if symbol or strategy:
            removed += application.subscriptions.remove(address, symbol, strategy)
        elif not pairs:
            removed = application.unsubscribe()(address)
    if not removed:
        raise ConfigError(f"{address} has no such subscription; `algo-trading subscriptions` lists them")
    typer.echo(f"{removed} subscription{'s' if removed > 1 else ''} of {address} ended")


def show_subscriptions(*, as_json: bool) -> None:
    """List who gets notices of what."""
    with bootstrap() as application:
        signals, scores = application.subscriptions.all(), application.score_alerts.all()
    if as_json:
        found = [{"kind": "signals", **output.plain(one)} for one in signals]
        found += [
            {
                "kind": "scores", "address": one.address, "symbol": one.instrument.symbol,
                "venue": one.instrument.venue, "threshold": one.level, "channel": one.channel,
            }
            for one in scores
        ]  # fmt: skip
        output.print_json(found)
        return
    rows = [(s.address, s.symbol, s.strategy, s.venue, f"{s.start:%Y-%m-%d %H:%M}", s.channel) for s in signals]
    output.table("Subscriptions", ("address", "symbol", "strategy", "venue", "from (UTC)", "channel"), rows)
    if scores:
        pairs = [(one.address, one.instrument.symbol, one.instrument.venue, one.level, one.channel) for one in scores]
        output.table("High scores", ("address", "pair", "venue", "from points", "channel"), pairs)


def _points(text: str) -> int | None:
    if text.lower() == ML:
        return None
    if not text.isdecimal():
        raise typer.BadParameter(f"a threshold is a number of points or {ML}, not {text!r}")
    return int(text)
