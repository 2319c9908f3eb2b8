"""The command `watch`."""

import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from algo_trading.cli.options import Json
from algo_trading.errors import ConfigError, ServiceUnavailableError

if TYPE_CHECKING:
    from algo_trading.bootstrap import App
    from algo_trading.settings import Settings

RETRY_SECONDS = 10.0  # between tries to reach a database that is away at the start


def watch(
    *,
    once: Annotated[bool, typer.Option("--once", help="Look one time and report.")] = False,
    wait: Annotated[
        int, typer.Option(min=0, max=3600, help="Seconds that Airflow has for what has closed, before this does it.")
    ] = 0,
    json: Json = False,
) -> None:
    """Score the running candles of watchlists with `watch = true`, and process what has closed.

    `make run` starts it where a watchlist wants it. It looks every `watch.minutes` of the configuration, which may
    change while it runs. What fails is one line each and never the end; Ctrl-C is.

    Example: algo-trading watch --once --json
    """
    from algo_trading.settings import load_settings

    settings = load_settings()
    if not settings.watched:
        raise ConfigError("nothing is to be watched: set watch = true in an entry of [[watchlists]]")
    if once:
        _look(settings, wait, json=json)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # every step is a transaction: it may end at any time
    try:
        _keep_looking(settings, wait)
    except KeyboardInterrupt:
        typer.echo("stopped")


def _look(settings: "Settings", wait: int, *, json: bool) -> None:
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli import output

    with bootstrap(settings) as application:
        report = application.watch_candles(timedelta(seconds=wait))(settings.watched)
    if json:
        output.print_json(output.plain(report))
        return
    for sentence in report.errors:
        _say(sentence)
    typer.echo(f"pairs scored: {report.scored}, periods decided: {report.decided}")


def _keep_looking(settings: "Settings", wait: int) -> None:
    from algo_trading.services.keep_watching import KeepWatching
    from algo_trading.settings import load_settings

    def minutes() -> int:
        try:
            return load_settings().watch.minutes
        except ConfigError:  # which the next look says
            return settings.watch.minutes

    def pause(seconds: float) -> bool:
        time.sleep(seconds)
        return True

    with _patiently(settings) as application:
        look = application.watch_candles(timedelta(seconds=wait))
        typer.echo(f"watching {', '.join(settings.watched)}; Ctrl-C ends it")
        KeepWatching(
            look=lambda: look(load_settings().watched),
            minutes=minutes,
            wait=pause,
            say=_say,
            explain=application.database.explained,
            clock=application.clock,
        )()


def _patiently(settings: "Settings") -> "App":
    """The application, as soon as the database answers."""
    from algo_trading.bootstrap import bootstrap

    said = ""
    while True:
        try:
            return bootstrap(settings)
        except ServiceUnavailableError as error:
            if str(error) != said:
                said = str(error)
                _say(said)
        time.sleep(RETRY_SECONDS)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {sentence}\n")
    sys.stderr.flush()
