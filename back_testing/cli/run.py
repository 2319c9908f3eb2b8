"""The command `backtest run`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from back_testing.cli.bars import BarSource
    from back_testing.engine.result import BacktestResult, Trade
    from back_testing.engine.rules import TradingRules

HEADLINES = ("total_return", "buy_and_hold_return", "final_equity", "start", "end")  # shown above the table
SHOWN = 10  # trades shown to a person; --trades and --json have them all


@app.command()
@shared_options
def run(
    *,
    strategy: o.StrategyName,
    source: "BarSource",
    settings: o.Settings = None,
    keep_open: o.KeepOpen = False,
    rules: "TradingRules",
    report: o.ReportFile = None,
    trades: Annotated[Path | None, typer.Option(help="Write every trade to a CSV file.")] = None,
    json: o.Json = False,
) -> None:
    """Backtest one strategy.

    It decides at each bar's close and is filled at the next bar's open, with all the money, in whole shares, for 0.1 %
    of commission, unless set otherwise. Several symbols share the capital. docs/backtesting.md lists what is assumed.

    Example: backtest run --strategy sma_cross --symbol AAPL --from 2005-01-01 --report aapl.html

    Without a database: backtest run --strategy sma_cross --csv GOOG.csv --set fast=10 --set slow=30 --stop-loss 0.05
    """
    output.require_writable(report, trades)
    from algo_trading.strategies.registry import build_strategy
    from back_testing.engine.backtest import run_portfolio

    rules = replace(rules, keep_open=keep_open)
    chosen = build_strategy(strategy, o.parameters(settings))
    history = source.load([chosen])
    result = run_portfolio(chosen, history.series, rules.for_bars(history.series), source.first)
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


def _show(result: "BacktestResult") -> None:
    from back_testing.report.assumptions import limit_notes
    from back_testing.report.definitions import figures

    s = result.statistics
    symbols = ", ".join(bars.instrument.symbol for bars in result.series)
    output.table(
        f"{result.strategy.id} on {symbols}, {s.start} .. {s.end}",
        ("", "strategy", "buy and hold"),
        [
            ("total return", output.signed_percent(s.total_return), output.signed_percent(s.buy_and_hold_return)),
            ("final equity", output.number(s.final_equity), output.number(float(result.benchmark[-1]))),
        ],
    )
    shown = [(figure.label, figure.text) for figure in figures(s) if figure.key not in HEADLINES]
    output.table("Statistics", ("", "value"), shown)
    if result.trades:
        several = len(result.series) > 1
        columns = ("side", "entry", "price", "exit", "price", "return", "reason")
        output.table(
            f"Last {min(SHOWN, len(result.trades))} of {len(result.trades)} trades",
            ("symbol", *columns) if several else columns,
            [_row(trade)[0 if several else 1 :] for trade in result.trades[-SHOWN:]],
        )
    for sentence in result.notes:
        output.note(sentence)
    output.note(result.allocation)
    if result.refused:
        output.note(f"{result.refused} entries could not be afforded")
    for sentence in limit_notes(result):
        output.note(sentence)
    if result.lookahead:
        output.note(o.LOOKAHEAD)


def _row(trade: "Trade") -> tuple[str, ...]:
    plain = trade.as_json()
    return (
        trade.symbol,
        trade.side,
        plain["entry_time"],
        output.number(trade.entry_price),
        plain["exit_time"] or "-",
        output.number(trade.exit_price),
        output.signed_percent(trade.return_),
        str(trade.reason).replace("_", " "),
    )
