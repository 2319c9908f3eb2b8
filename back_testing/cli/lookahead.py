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
    """Prove on data that a strategy does not look ahead. Exit code 1 if it does, or if it did not trade.

    The future is cut off at hundreds of bars, text included: what was said before must stay the same. Then prices after
    a fill are changed: that fill and all before it must stay where they were.

    Example: backtest lookahead --strategy sma_cross --symbol AAPL --stop-loss 0.05
    """
    from algo_trading.strategies.registry import build_strategy
    from back_testing.analysis.lookahead import check_lookahead

    chosen = build_strategy(strategy, o.parameters(settings))
    series = source.load([chosen])
    join = feature_join(chosen, series)
    reports = [check_lookahead(chosen, bars, rules, source.first, join) for bars in series]
    honest = all(report.honest for report in reports)
    proven = honest and any(report.proven for report in reports)
    if json:
        document = {
            "strategy": chosen.id.name,
            "params": asdict(chosen),
            "honest": honest,
            "proven": proven,
            "checks": [
                {
                    "symbol": report.symbol,
                    "cuts": report.cuts,
                    "fills": report.fills,
                    "decisions_changed": list(report.decisions_changed),
                    "fills_moved": list(report.fills_moved),
                    "proven": report.proven,
                }
                for report in reports
            ],
            "notes": [_idle(report) for report in reports if report.idle],
        }
        output.print_json(document)
    else:
        rows = [(r.symbol, r.cuts, r.fills, len(r.decisions_changed), len(r.fills_moved)) for r in reports]
        output.table(
            str(chosen.id), ("symbol", "cuts", "fills asked", "decisions that changed", "fills that moved"), rows
        )
        for report in reports:
            for sentence in report.sentences[:SHOWN]:
                output.note(f"{report.symbol}: {sentence}")
            if report.idle:
                output.note(_idle(report))
        if not honest:
            output.note("it LOOKS AHEAD: do not trust its backtests")
        elif proven:
            output.note("it does not look ahead")
    if not proven:
        raise typer.Exit(1)


def _idle(report: "LookaheadReport") -> str:
    return f"{report.symbol}: it did not trade, so nothing is proven: {report.idle}"
