"""The command `backtest sweep`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from back_testing.cli.bars import BarSource
    from back_testing.engine.rules import TradingRules

SHOWN = ("total_return", "cagr", "sharpe", "max_drawdown", "n_trades")  # and the metric that ranks them
HEADINGS = {"max_drawdown": "max drawdown", "n_trades": "trades"}
SIGNED = {"total_return", "cagr"}
FORMATS = {"sharpe": 2, "sortino": 2, "calmar": 2, "profit_factor": 2, "final_equity": 2, "n_trades": 0}
INTERRUPTED = 130


@app.command()
@shared_options
def sweep(
    *,
    strategy: o.StrategyName,
    source: "BarSource",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUES", help="10, or 5:50, or 20:200:5 (both ends in), or 5,10,20."),
    ] = None,
    metric: Annotated[str, typer.Option(help="What the best settings have most of.")] = "sharpe",
    top: Annotated[int, typer.Option(min=1, help="How many of the best to show.")] = 10,
    report: Annotated[
        Path | None,
        typer.Option("--report", "--heatmap", help="Write a map of the metric over two parameters: one HTML file."),
    ] = None,
    keep_open: o.KeepOpen = False,
    rules: "TradingRules",
    json: o.Json = False,
) -> None:
    """Backtest one strategy with every combination of settings, and show the best.

    The best of many settings was partly lucky: `backtest walk-forward` and `backtest recommend` ask how it would have
    gone on. --fractional is the quickest. Ctrl-C stops and shows what is done so far.

    Example: backtest sweep --strategy sma_cross --symbol AAPL --set fast=5:50 --set slow=20:200:5 --set trend=0
    """
    output.require_writable(report)
    from algo_trading.strategies.registry import strategy_class
    from back_testing.engine.backtest import buy_and_hold, first_bar
    from back_testing.engine.ends import end_notes
    from back_testing.engine.gaps import gap_notes
    from back_testing.engine.missing_features import unknown_features
    from back_testing.report.heatmap import Heatmap
    from back_testing.search import sweep as sweeping

    rules = replace(rules, keep_open=keep_open)
    kind = strategy_class(strategy)
    grid = o.grid(settings)
    found = sweeping.Best(metric, top)
    chart = Heatmap(grid, metric, kind) if report else None
    bars, history = source.load_one([kind])
    notes, rules = history.notes, history.rules_of(rules)
    size_of_grid, tried, refused = sweeping.grid_size(grid), 0, 0
    interrupted = False
    with output.progress() as bar:
        task = bar.add_task(strategy, total=size_of_grid)
        try:
            for block in sweeping.sweep(kind, grid, bars, rules, first=source.first):
                found.add(block)
                if chart:
                    chart.add(block)
                tried, refused = block.tried, refused + block.refused
                bar.update(task, completed=tried)
        except KeyboardInterrupt:
            interrupted = True
    benchmark = buy_and_hold(bars, rules, source.first)
    traded = bars[first_bar(bars, source.first) :]
    outcome = {
        "strategy": strategy,
        "symbol": bars.instrument.symbol,
        "metric": metric,
        "settings": size_of_grid,
        "tried": tried,
        "refused": refused,
        "interrupted": interrupted,
        "lookahead": rules.lookahead,
        "buy_and_hold_return": benchmark,
        "top": found.rows(),
        "notes": [
            *notes,
            *gap_notes([traded]),
            *end_notes([traded], traded.opened_at, rules.ends),
            *unknown_features(kind, [traded]),
        ],
    }
    if chart and report:
        chart.write(report, f"{strategy} on {bars.instrument}")
    if json:
        output.print_json(output.finite(outcome))
    else:
        _show(outcome, [name for name, values in grid.items() if len(values) > 1])
        for sentence in rules.limits.notes([kind]):
            output.note(sentence)
        if report:
            output.note(f"wrote {report}")
    if interrupted:
        output.note(f"interrupted after {tried:,} of {size_of_grid:,} settings")
        raise typer.Exit(INTERRUPTED)


def _show(outcome: dict[str, Any], swept: list[str]) -> None:
    from back_testing.report.definitions import counted

    names = list(dict.fromkeys([outcome["metric"], *SHOWN]))
    output.table(
        f"Best of {counted(outcome['tried'] - outcome['refused'], 'setting')} by {outcome['metric']}, "
        f"{outcome['symbol']}; "
        f"buy and hold made {output.signed_percent(outcome['buy_and_hold_return'])}",
        [*swept, *(HEADINGS.get(name, name.replace("_", " ")) for name in names)],
        [[*(row[name] for name in swept), *(_cell(name, row[name]) for name in names)] for row in outcome["top"]],
    )
    for sentence in outcome["notes"]:
        output.note(sentence)
    if outcome["refused"]:
        output.note(
            f"{counted(outcome['refused'], 'invalid combination')} skipped: the strategy refuses them, or they need "
            "more bars"
        )
    if outcome["lookahead"]:
        output.note(o.LOOKAHEAD)


def _cell(name: str, value: float) -> str:
    if name in FORMATS:
        return output.number(value, FORMATS[name])
    return output.signed_percent(value) if name in SIGNED else output.percent(value)
