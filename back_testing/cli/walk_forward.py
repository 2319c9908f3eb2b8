"""The command `backtest walk-forward`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from back_testing.cli.bars import BarSource
    from back_testing.engine.rules import TradingRules
    from back_testing.search.walk_forward import WalkForward


@app.command("walk-forward")
@shared_options
def walk_forward(
    *,
    strategy: o.StrategyName,
    source: "BarSource",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUES", help="As for sweep; half, once and twice each default if none."),
    ] = None,
    in_sample: o.InSample = 756,
    out_of_sample: o.OutOfSample = 252,
    anchored: Annotated[bool, typer.Option("--anchored", help="Choose on all bars before, not on the newest.")] = False,
    metric: Annotated[str, typer.Option(help="What a choice has most of.")] = "sharpe",
    report: o.ReportFile = None,
    rules: "TradingRules",
    json: o.Json = False,
) -> None:
    """Choose settings on the past alone, trade them on the bars after it, move on; show what came of it.

    Everything that is shown was traded out of sample. The walk-forward efficiency is the metric out of sample over the
    metric in sample.

    Example: backtest walk-forward --strategy sma_cross --symbol AAPL --set fast=5:20:5 --set slow=30:100:10
    """
    output.require_writable(report)
    from algo_trading.strategies.registry import strategy_class
    from back_testing.analysis.recommend import default_grid
    from back_testing.engine.backtest import first_bar
    from back_testing.search.walk_forward import Plan, notes
    from back_testing.search.walk_forward import walk_forward as walk

    kind = strategy_class(strategy)
    grid = o.grid(settings) if settings else default_grid(kind)
    bars, history = source.load_one([kind])
    data_notes, rules = history.notes, history.rules_of(rules)
    bars = bars[first_bar(bars, source.first) :]
    plan = Plan(in_sample, out_of_sample, anchored)
    with output.progress() as bar:
        task = bar.add_task(strategy, total=None)
        found = walk(
            strategy, grid, bars, rules, plan, metric=metric,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if report:
        from back_testing.report import write_report

        write_report(report, found.result, [bars], [*notes(found), *(("Data", f"{note}.") for note in data_notes)])
    if json:
        document = _document(found)
        output.print_json(output.finite({**document, "notes": [*data_notes, *document["notes"]]}))
    else:
        _show(found)
        for sentence in data_notes:
            output.note(sentence)
        if report:
            output.note(f"wrote {report}")


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
    from back_testing.report.assumptions import limit_notes

    s, percent, signed, number = found.result.statistics, output.percent, output.signed_percent, output.number
    rows = [
        (
            f"{fold.traded[0]} .. {fold.traded[1]}",
            ", ".join(f"{key}={value}" for key, value in fold.params.items()),
            number(fold.in_sample),
            number(fold.out_of_sample),
            signed(fold.total_return),
            str(fold.trades),
        )
        for fold in found.folds
    ]
    columns = ("traded", "setting", f"{found.metric} in sample", "out of sample", "total return", "trades")
    output.table(f"{found.result.strategy.id.name}, chosen {len(rows)} times", columns, rows)
    output.table(
        f"Out of sample, {s.start} .. {s.end}",
        ("", "strategy", "buy and hold"),
        [
            ("total return", signed(s.total_return), signed(s.buy_and_hold_return)),
            ("annual growth (CAGR)", signed(s.cagr), ""),
            ("Sharpe ratio", number(s.sharpe), ""),
            ("maximum drawdown", percent(s.max_drawdown), ""),
            ("trades", str(s.n_trades), ""),
            ("walk-forward efficiency", percent(found.efficiency), ""),
        ],
    )
    for sentence in (*found.result.notes, *limit_notes(found.result)):
        output.note(sentence)
    output.note(f"the newest bars lead to {found.result.strategy.id}")
