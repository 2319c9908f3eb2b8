"""The command `backtest lookahead`."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.bars import feature_join
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from back_testing.analysis.lookahead import LookaheadReport
    from back_testing.cli.bars import BarSource
    from back_testing.engine.rules import TradingRules

SHOWN = 10  # changes shown to a person; --json has them all


@app.command()
@shared_options
def lookahead(
    *,
    strategy: o.StrategyName,
    source: "BarSource",
    settings: o.Settings = None,
    rules: "TradingRules",
    json: o.Json = False,
) -> None:
    """Look on data for a strategy that knows the future. Exit code 1 if it does, or if it did not trade.

    The future is cut off after each bar, text included, in a process of its own: what was said before must stay the
    same. All prices are rescaled: decisions must stay. What comes after a fill is changed: that fill and all before it
    must stay where they were. Decisions in the warm-up are an error. Nothing found is no proof.

    Example: backtest lookahead --strategy sma_cross --symbol AAPL --stop-loss 0.05
    """
    from algo_trading.strategies.registry import build_strategy
    from back_testing.analysis.lookahead import check_lookahead

    chosen = build_strategy(strategy, o.parameters(settings))
    history = source.load([chosen])
    series, rules = history.series, history.rules_of(rules)
    reports = check_lookahead(chosen, series, rules, source.first, join=feature_join(chosen, series))
    honest = all(report.honest for report in reports)
    proven = honest and any(report.proven for report in reports)
    if json:
        document = {
            "strategy": chosen.id.name,
            "params": asdict(chosen),
            "honest": honest,
            "proven": proven,
            "checks": [
                {key: value for key, value in asdict(report).items() if key != "idle"} | {"proven": report.proven}
                for report in reports
            ],
            "notes": [_idle(report) for report in reports if report.idle],
        }
        output.print_json(document)
    else:
        _show(str(chosen.id), reports)
        if not honest:
            output.note("it LOOKS AHEAD: do not trust its backtests")
        elif proven:
            output.note("nothing was found in what was tried; that is no proof that there is nothing")
    if not proven:
        raise typer.Exit(1)


def _show(name: str, reports: "list[LookaheadReport]") -> None:
    tried = [(r.symbol, r.cuts, r.rescalings, r.fills) for r in reports]
    output.table(f"{name}: tried", ("symbol", "cuts of the future", "price levels", "fills"), tried)
    leaks = ("decisions_changed", "remembered", "level_dependent", "in_warmup", "fills_moved")
    found = [(report.symbol, *(len(getattr(report, leak)) for leak in leaks)) for report in reports]
    columns = ("symbol", "decisions changed", "remembered", "level dependent", "in warm-up", "fills moved")
    output.table("Found", columns, found)
    for report in reports:
        for sentence in report.sentences[:SHOWN]:
            output.note(f"{report.symbol}: {sentence}")
        if report.idle:
            output.note(_idle(report))


def _idle(report: "LookaheadReport") -> str:
    return f"{report.symbol}: it did not trade, so nothing is proven: {report.idle}"
