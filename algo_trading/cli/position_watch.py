"""`position-watch`: the loop beside Airflow that looks at live positions every few seconds."""

import time
from typing import Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.options import Json


def position_watch(
    *,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    every: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks.")] = 5.0,
    json: Json = False,
) -> None:
    """Leave live positions whose stop, target, trailing stop or age is met; Ctrl-C ends it.

    It also sends what waits to be sent, and books what happened at the brokers. While it does not run, the DAG
    position_watch does the same every five minutes.
    """
    from algo_trading.bootstrap import bootstrap
    from algo_trading.errors import AlgoTradingError

    with bootstrap() as application:
        watch = application.watch_positions()
        while True:
            try:
                reports = watch()
            except AlgoTradingError as error:
                if once:
                    raise
                typer.echo(f"{error}; trying again", err=True)
                reports = []
            if json and once:
                output.print_json(reports)
            for report in reports if not json else ():
                for sentence in report.left:
                    typer.echo(f"{report.account}: left {sentence}")
                if once:
                    typer.echo(f"{report.account}: {report.watched} positions watched, {len(report.left)} left")
            if once:
                return
            time.sleep(every)
