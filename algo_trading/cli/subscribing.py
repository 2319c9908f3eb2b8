"""The commands `subscribe`, `unsubscribe` and `subscriptions`."""

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from algo_trading.bootstrap import bootstrap
from algo_trading.bootstrap.services import Services
from algo_trading.cli import output
from algo_trading.cli.names import names_of_now
from algo_trading.domain.regular_mail import DAILY, MORNING, WEEKLY, MailKind
from algo_trading.domain.scores import ML, THRESHOLD
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import ConfigError

OFF = "off"


def subscribe_signals(
    address: str, symbol: str, strategy: str, venue: str, *, min_confidence: float = 0.0, channel: str = ""
) -> None:
    """Subscribe an address to the buys and sells of a strategy on a symbol."""
    with bootstrap() as application:
        _check(application, channel)
        (symbol,) = names_of_now(application, [symbol], venue)
        subscribe = application.subscribe()
        subscription, new = subscribe(address, symbol, strategy, venue, channel, min_confidence=min_confidence)
    verb = "is subscribed" if new else "was subscribed already"
    typer.echo(f"{address} {verb} to {strategy} on {symbol}, from {subscription.start:%Y-%m-%d %H:%M} UTC on")


def subscribe_scores(address: str, pairs: Sequence[str], threshold: str | None, venue: str, channel: str = "") -> None:
    """Subscribe an address to high scores of pairs, or change their threshold.

    Raises:
        typer.BadParameter: the threshold is neither a number nor `ml`.
    """
    points = _points(threshold) if threshold is not None else THRESHOLD
    with bootstrap() as application:
        _check(application, channel)
        pairs = names_of_now(application, [normal_symbol(pair) for pair in pairs], venue)
        subscribe = application.subscribe_scores()
        for pair in pairs:
            subscription, new = subscribe(address, pair, points, venue, channel)
            verb = "gets a notice" if new else "was subscribed before, and now gets a notice"
            level = "the tuned threshold" if points is None else f"{points}"
            typer.echo(f"{address} {verb} when a score of {subscription.instrument} reaches {level}")


@dataclass(frozen=True)
class Regular:
    """What somebody asks for beside signals and scores, as it was written; None: not asked for."""

    update: str | None = None
    digest: str | None = None
    hour: int | None = None
    zone: str | None = None
    quiet: str | None = None

    def __bool__(self) -> bool:
        return self != Regular()


def subscribe_regularly(address: str, wanted: Regular, channel: str = "") -> None:
    """Send an address updates and digests, or no more, and keep its hours.

    Raises:
        ConfigError: what is to be ended is not there.
    """
    with bootstrap() as application:
        _check(application, channel)
        subscribe, mails = application.subscribe_regularly(), application.regular_mails
        if wanted.zone is not None or wanted.quiet is not None:
            hours = subscribe.keep_hours(address, wanted.zone, wanted.quiet)
            typer.echo(f"{address} lives by {hours.zone}{f', quiet hours {hours.quiet}' if hours.quiet else ''}")
        for kind, every in ((MailKind.UPDATE, wanted.update), (MailKind.DIGEST, wanted.digest)):
            if every == OFF:
                if not mails.remove(address, kind):
                    raise ConfigError(f"{address} gets no {kind}; `algo-trading subscriptions` lists what goes out")
                typer.echo(f"{address} gets no more {kind}s")
            elif every is not None:
                mail, _ = subscribe(address, kind, every, MORNING if wanted.hour is None else wanted.hour, channel)
                due = mail.due(application.recipients.get(address), application.clock.now())
                first = due or mail.next(application.recipients.get(address), application.clock.now())
                typer.echo(f"{address} gets {kind}s ({mail.every}), the next one from {first:%Y-%m-%d %H:%M} UTC on")


def end_subscriptions(address: str, symbol: str | None, strategy: str | None, pairs: Sequence[str]) -> None:
    """End all subscriptions of an address, or those that are named.

    Raises:
        ConfigError: it has no such subscription.
    """
    with bootstrap() as application:
        pairs = names_of_now(application, [normal_symbol(pair) for pair in pairs])
        removed = sum(application.score_alerts.remove(address, pair) for pair in pairs)
        if symbol or strategy:
            symbol = symbol and next(iter(names_of_now(application, [symbol])))
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
        mails, hours = application.regular_mails.all(), {one.address: one for one in application.recipients.all()}
    if as_json:
        found = [{"kind": "signals", **output.plain(one)} for one in signals]
        found += [
            {
                "kind": "scores", "address": one.address, "symbol": one.instrument.symbol,
                "venue": one.instrument.venue, "threshold": one.level, "channel": one.channel,
            }
            for one in scores
        ]  # fmt: skip
        found += [{**output.plain(one), "kind": str(one.kind)} for one in mails]
        output.print_json(found)
        return
    rows = [(s.address, s.symbol, s.strategy, s.venue, f"{s.start:%Y-%m-%d %H:%M}", s.channel) for s in signals]
    output.table("Subscriptions", ("address", "symbol", "strategy", "venue", "from (UTC)", "channel"), rows)
    if scores:
        pairs = [(one.address, one.instrument.symbol, one.instrument.venue, one.level, one.channel) for one in scores]
        output.table("High scores", ("address", "pair", "venue", "from points", "channel"), pairs)
    if mails:
        regular = [
            (
                one.address,
                str(one.kind),
                one.every,
                f"{one.hour}:00" if one.every in {DAILY, WEEKLY} else "",
                one.channel,
            )
            for one in mails
        ]
        output.table("Updates and digests", ("address", "mail", "every", "at", "channel"), regular)
    if hours:
        people = [(one.address, one.zone, one.quiet) for one in hours.values()]
        output.table("Zones and quiet hours", ("address", "zone", "quiet hours"), people)


def _check(application: Services, channel: str) -> None:
    """A channel that is not there, or not configured, is said now and not with the first notice."""
    if channel:
        application.channel(channel)


def _points(text: str) -> int | None:
    if text.lower() == ML:
        return None
    if not text.isdecimal():
        raise typer.BadParameter(f"a threshold is a number of points or {ML}, not {text!r}")
    return int(text)
