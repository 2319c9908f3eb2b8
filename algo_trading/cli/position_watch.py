"""`position-watch`: the loop beside Airflow that watches live positions, and books what brokers push."""

from typing import TYPE_CHECKING, Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.options import Json

if TYPE_CHECKING:
    from algo_trading.services.hear_updates import HearUpdates
    from algo_trading.services.watch_positions import WatchPositions, WatchReport


def position_watch(
    *,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    every: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks.")] = 5.0,
    json: Json = False,
) -> None:
    """Leave live positions whose stop, target, trailing stop or age is met; Ctrl-C ends it.

    It also sends what waits to be sent, and books what happened at the brokers: at every look, and at once where a
    broker pushes its executions. While it does not run, the DAG position_watch looks every five minutes.
    """
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        watch = application.watch_positions()
        if once:
            reports = watch()
            if json:
                output.print_json(reports)
                return
            _show(reports)
            for report in reports:
                typer.echo(f"{report.account}: {report.watched} positions watched, {len(report.left)} left")
            return
        updates = application.hear_updates()
        try:
            while True:
                _look(watch, updates, every)
        finally:
            updates.close()


def _look(watch: "WatchPositions", updates: "HearUpdates", every: float) -> None:
    """Look at once after something was booked: what was bought may need an exit."""
    from algo_trading.errors import AlgoTradingError

    try:
        updates.subscribe()
        _show(watch())
    except AlgoTradingError as error:
        typer.echo(f"{error}; trying again", err=True)
    before = updates.trouble()
    try:
        if booked := updates.wait(every):
            typer.echo(f"{booked} executions heard and booked")
    except AlgoTradingError as error:
        typer.echo(f"{error}; trying again", err=True)
    for account, sentence in updates.trouble().items():
        if before.get(account) != sentence:
            typer.echo(f"{account}: {sentence}; executions are asked for at every look meanwhile", err=True)


def _show(reports: "list[WatchReport]") -> None:
    for report in reports:
        for sentence in report.left:
            typer.echo(f"{report.account}: left {sentence}")
