"""The command `backtest run`."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from algo_trading.errors import ConfigError
from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from algo_trading.strategies.base import Strategy
    from back_testing.cli.bars import BarSource
    from back_testing.engine.result import BacktestResult
    from back_testing.engine.rules import TradingRules
    from back_testing.engine.strategy_shares import StrategyShare
    from back_testing.engine.trade import Trade

HEADLINES = ("total_return", "buy_and_hold_return", "final_equity", "start", "end")  # shown above the table
SHOWN = 10  # trades shown to a person; --trades and --json have them all


@app.command()
@shared_options
def run(
    *,
    strategy: Annotated[
        list[str],
        typer.Option(
            "--strategy",
            help="NAME or NAME:key=value,key=value; `backtest list` shows them all. May repeat: then they share the "
            "account.",
        ),
    ],
    source: "BarSource",
    settings: o.Settings = None,
    keep_open: o.KeepOpen = False,
    rules: "TradingRules",
    report: o.ReportFile = None,
    trades: Annotated[Path | None, typer.Option(help="Write every trade to a CSV file.")] = None,
    json: o.Json = False,
) -> None:
    """Backtest one strategy, or several on one account.

    It decides at each bar's close and is filled at the next bar's open, with all the money, in whole shares, for 0.1 %
    of commission, unless set otherwise. Several symbols share the capital, and so do several strategies: a position
    belongs to the strategy that opened it. docs/backtesting.md lists what is assumed.

    Example: backtest run --strategy sma_cross --symbol AAPL --from 2005-01-01 --report aapl.html

    Without a database: backtest run --strategy sma_cross --csv GOOG.csv --set fast=10 --set slow=30 --stop-loss 0.05
    """
    output.require_writable(report, trades)
    from back_testing.engine.backtest import run_strategies

    chosen = _strategies(strategy, settings)
    history = source.load(chosen)
    rules = history.rules_of(replace(rules, keep_open=keep_open))
    result = run_strategies(chosen, history.series, rules, source.first)
    if report:
        from back_testing.report import write_report

        write_report(report, result, history.series, [("Data", f"{note}.") for note in history.notes])
    if trades:
        output.write_csv(trades, [trade.as_json() for trade in result.trades])
    if json:
        output.print_json({**result.as_json(), "notes": [*history.notes, *result.notes]})
    else:
        _show(result)
        for sentence in history.notes:
            output.note(sentence)
        for path in filter(None, (report, trades)):
            output.note(f"wrote {path}")


def _strategies(named: list[str], settings: list[str] | None) -> "list[Strategy]":
    """The strategies of `--strategy`, the only one with the parameters of `--set`."""
    from algo_trading.strategies.registry import build_strategy

    if not settings:
        return [o.parse_strategy(text) for text in named]
    if len(named) > 1 or ":" in named[0]:
        raise ConfigError(
            "--set is for a single --strategy NAME; write the parameters of several as --strategy NAME:key=value"
        )
    return [build_strategy(named[0], o.parameters(settings))]


def _show(result: "BacktestResult") -> None:
    from back_testing.report.assumptions import limit_notes
    from back_testing.report.definitions import figures

    s = result.statistics
    symbols = ", ".join(bars.instrument.symbol for bars in result.series)
    output.table(
        f"{' + '.join(str(one.id) for one in result.strategies)} on {symbols}, {s.start} .. {s.end}",
        ("", "strategy", "buy and hold"),
        [
            ("total return", output.signed_percent(s.total_return), output.signed_percent(s.buy_and_hold_return)),
            ("final equity", output.number(s.final_equity), output.number(float(result.benchmark[-1]))),
        ],
    )
    shown = [(figure.label, figure.text) for figure in figures(s) if figure.key not in HEADLINES]
    output.table("Statistics", ("", "value"), shown)
    if result.shares:
        output.table(
            "What each strategy did",
            ("strategy", "profit", "trades", "win rate", "exposure", "costs paid"),
            [_share(share) for share in result.shares],
        )
    if result.trades:
        together, several = len(result.strategies) > 1, len(result.series) > 1
        named = (*(["strategy"] if together else []), *(["symbol"] if several else []))
        output.table(
            f"Last {min(SHOWN, len(result.trades))} of {len(result.trades)} trades",
            (*named, "side", "entry", "price", "exit", "price", "return", "reason"),
            [
                (*([trade.strategy.name] if together else []), *([trade.symbol] if several else []), *_row(trade))
                for trade in result.trades[-SHOWN:]
            ],
        )
    for sentence in result.notes:
        output.note(sentence)
    output.note(result.allocation)
    if result.interest:
        output.note(f"cash earned {output.number(result.interest)} of interest")
    if result.refused:
        output.note(f"{result.refused} entries could not be afforded")
    for sentence in limit_notes(result):
        output.note(sentence)
    if result.lookahead:
        output.note(o.LOOKAHEAD)


def _share(share: "StrategyShare") -> tuple[str, ...]:
    number, percent = output.number, output.percent
    won = "-" if math.isnan(share.win_rate) else percent(share.win_rate)
    figures = (number(share.profit), str(share.n_trades), won, percent(share.exposure), number(share.costs_paid))
    return (str(share.strategy.id), *figures)


def _row(trade: "Trade") -> tuple[str, ...]:
    plain = trade.as_json()
    return (
        trade.side,
        plain["entry_time"],
        output.number(trade.entry_price),
        plain["exit_time"] or "-",
        output.number(trade.exit_price),
        output.signed_percent(trade.return_),
        str(trade.reason).replace("_", " "),
    )
