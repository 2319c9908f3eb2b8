"""The command `backtest recommend`."""

import json as jsonlib
from typing import TYPE_CHECKING, Any

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from algo_trading.domain.recommendation import Recommendation
    from back_testing.cli.bars import BarSource
    from back_testing.engine.rules import TradingRules


@app.command()
@shared_options
def recommend(
    *,
    source: "BarSource",
    strategy: o.Strategies = None,
    in_sample: o.InSample = 756,
    out_of_sample: o.OutOfSample = 252,
    report: o.ReportFile = None,
    rules: "TradingRules",
    json: o.Json = False,
) -> None:
    """Recommend the strategy that was best out of sample, or none.

    Every strategy walks forward over settings around its defaults. The best one survives if what it earned above
    holding as much of the market all the time is not the luck of the best of so many settings (deflated Sharpe ratio of
    0.95 or more), if its Sharpe ratio is above that of holding by more than chance (90 % bootstrap interval), and if
    choosing among the settings is not overfitting (probability below 50 %). Usually nothing survives.

    Example: backtest recommend --symbol AAPL --report aapl.html
    """
    output.require_writable(report)
    from algo_trading.strategies.registry import strategy_class
    from back_testing.analysis.recommend import recommend as review
    from back_testing.engine.backtest import first_bar
    from back_testing.search.walk_forward import Plan

    kinds = [strategy_class(name) for name in strategy or ()]
    bars, history = source.load_one(kinds)
    data_notes, rules = history.notes, history.rules_of(rules)
    bars = bars[first_bar(bars, source.first) :]
    with output.progress() as bar:
        task = bar.add_task("reviewing", total=None)
        found = review(
            bars, rules, Plan(in_sample, out_of_sample), strategy,
            lambda done, total, name: bar.update(task, completed=done, total=total, description=name),
        )  # fmt: skip
    notes = [*data_notes, *dict.fromkeys(sentence for walk in found.walks for sentence in walk.result.notes)]
    if report:
        from back_testing.analysis.review import review_notes
        from back_testing.report import write_report

        data = [("Data", f"{note}.") for note in data_notes]
        write_report(report, found.walks[0].result, [bars], [*review_notes(found), *data])
    if json:
        output.print_json({**_document(found.recommendation), "notes": notes})
    else:
        _show(found.recommendation)
        for sentence in (*notes, *rules.limits.notes(walk.result.strategy for walk in found.walks)):
            output.note(sentence)
        if report:
            output.note(f"wrote {report}")


def _document(found: "Recommendation") -> dict[str, Any]:
    return {
        "symbol": found.instrument.symbol,
        "session": str(found.session),
        "recommendation": found.strategy.name if found.strategy else "none",
        "params": jsonlib.loads(found.strategy.params) if found.strategy else None,
        "reason": found.reason,
        "trials": found.trials,
        "deflated_sharpe": found.deflated_sharpe,
        "data_hash": found.data_hash,
        "candidates": [
            {
                "strategy": candidate.strategy.name,
                "params": jsonlib.loads(candidate.strategy.params),
                "deflated_sharpe": candidate.deflated_sharpe,
                "objection": candidate.objection,
                **candidate.statistics,
            }
            for candidate in found.candidates
        ],
    }


def _show(found: "Recommendation") -> None:
    rows = [
        (
            str(candidate.strategy),
            _number(candidate.deflated_sharpe, 3),
            _number(candidate.statistics["excess_sharpe"], 2),
            _number(candidate.statistics["sharpe"], 2),
            output.signed_percent(float(candidate.statistics["total_return"] or 0)),
            str(candidate.statistics["n_trades"]),
        )
        for candidate in found.candidates
    ]
    held = found.candidates[0].statistics
    hold, gained = held["buy_and_hold_sharpe"], float(held["buy_and_hold_return"] or 0)
    rows.append(("buy and hold", "-", "-", _number(hold, 2), output.signed_percent(gained), "-"))
    output.table(
        f"{found.instrument}, out of sample; {found.trials} settings tried",
        ("strategy", "deflated Sharpe", "excess Sharpe", "Sharpe", "total return", "trades"),
        rows,
    )
    output.note(f"recommended: {found.strategy or 'none'}")
    output.note(found.reason)


def _number(value: Any, digits: int) -> str:  # noqa: ANN401 - a number or None
    return "-" if value is None else output.number(value, digits)
