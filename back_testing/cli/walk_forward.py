"""The command `backtest walk-forward`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError
from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.rules import with_rules

if TYPE_CHECKING:
    from back_testing.engine.rules import TradingRules
    from back_testing.search.walk_forward import WalkForward

InSample = Annotated[int, typer.Option(min=1, help="Bars that settings are chosen on.")]
OutOfSample = Annotated[int, typer.Option(min=1, help="Bars that a choice is traded on before the next one.")]
ReportFile = Annotated[Path | None, typer.Option(help="Write a report: one HTML file, which needs no network.")]


@app.command("walk-forward")
@with_rules
def walk_forward(
    *,
    strategy: o.StrategyName,
    rules: "TradingRules",
    symbol: o.Symbols = None,
    csv: o.CsvFile = None,
    calendar: o.Calendar = None,
    first: o.From = None,
    last: o.To = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUES", help="As for sweep; half, once and twice each default if none."),
    ] = None,
    in_sample: InSample = 756,
    out_of_sample: OutOfSample = 252,
    anchored: Annotated[bool, typer.Option("--anchored", help="Choose on all bars before, not on the newest.")] = False,
    metric: Annotated[str, typer.Option(help="What a choice has most of.")] = "sharpe",
    report: ReportFile = None,
    adjusted: o.Adjusted = True,
    json: o.Json = False,
) -> None:
    """Choose settings on the past alone, trade them on the bars after it, move on; show what came of it.

    Everything that is shown was traded out of sample. The efficiency is the metric out of sample over the metric in
    sample: how much of what was chosen for was found again.

    Example: backtest walk-forward --strategy sma_cross --symbol AAPL --set fast=5:20:5 --set slow=30:100:10
    """
    from algo_trading.strategies.registry import strategy_class
    from back_testing.analysis.recommend import default_grid
    from back_testing.engine.backtest import first_bar
    from back_testing.search.walk_forward import Plan, notes
    from back_testing.search.walk_forward import walk_forward as walk

    kind = strategy_class(strategy)
    grid = o.grid(settings) if settings else default_grid(kind)
    days = o.session_range(first, last)
    bars = only(o.load_series(symbol, csv, calendar, days.last, adjusted=adjusted, strategies=[kind]))
    bars = bars[first_bar(bars, days.first) :]
    plan = Plan(in_sample, out_of_sample, anchored)
    with output.progress() as bar:
        task = bar.add_task(strategy, total=None)
        found = walk(
            strategy, grid, bars, rules, plan, metric=metric,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if report:
        from back_testing.report import write_report

        write_report(report, found.result, [bars], notes(found))
    if json:
        output.print_json(output.finite(_document(found)))
    else:
        _show(found)
        if report:
            output.note(f"wrote {report}")


def only(series: list[Any]) -> Any:  # noqa: ANN401 - Bars, which are not imported at each start
    """The only series.

    Raises:
        ConfigError: there are several.
    """
    if len(series) != 1:
        raise ConfigError(f"this takes one symbol, not {len(series)}")
    return series[0]


def _document(found: "WalkForward") -> dict[str, Any]:
    folds = [
        {
            "chosen_on": [str(day) for day in fold.chosen_on],
            "traded": [str(day) for day in fold.traded],
            "params": dict(fold.params),
            "in_sample": fold.in_sample,
            "out_of_sample": fold.out_of_sample,
            "total_return": fold.total_return,
            "n_trades": fold.trades,
        }
        for fold in found.folds
    ]
    return {**found.result.as_json(), "metric": found.metric, "efficiency": found.efficiency, "folds": folds}


def _show(found: "WalkForward") -> None:
    from back_testing.report.assumptions import told_limits

    s, percent, number = found.result.statistics, output.percent, output.number
    rows = [
        (
            f"{fold.traded[0]} .. {fold.traded[1]}",
            ", ".join(f"{key}={value}" for key, value in fold.params.items()),
            number(fold.in_sample),
            number(fold.out_of_sample),
            percent(fold.total_return),
            str(fold.trades),
        )
        for fold in found.folds
    ]
    columns = ("traded", "setting", f"{found.metric} before", "and then", "return", "trades")
    output.table(f"{found.result.strategy.id.name}, chosen {len(rows)} times", columns, rows)
    output.table(
        f"Out of sample, {s.start} .. {s.end}",
        ("", "strategy", "buy and hold"),
        [
            ("total return", percent(s.total_return), percent(s.buy_and_hold_return)),
            ("yearly growth (CAGR)", percent(s.cagr), ""),
            ("Sharpe", number(s.sharpe), ""),
            ("largest drawdown", percent(s.max_drawdown), ""),
            ("trades", str(s.n_trades), ""),
            ("efficiency", percent(found.efficiency).lstrip("+"), ""),
        ],
    )
    for sentence in (*found.result.notes, *told_limits(found.result)):
        output.note(sentence)
    output.note(f"the newest bars lead to {found.result.strategy.id}")
