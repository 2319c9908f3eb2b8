"""The command `backtest compare`."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError
from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app
from back_testing.cli.shared import shared_options

if TYPE_CHECKING:
    from back_testing.analysis.compare import Comparison
    from back_testing.cli.bars import BarSource
    from back_testing.engine.rules import TradingRules


@app.command()
@shared_options
def compare(
    *,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy", help="NAME or NAME:key=value,key=value; may repeat. All that the bars suffice for if none."
        ),
    ] = None,
    source: "BarSource",
    metric: Annotated[str, typer.Option(help="What the table of several symbols shows.")] = "total_return",
    rules: "TradingRules",
    json: o.Json = False,
) -> None:
    """Compare strategies on symbols: each pair alone, with the whole capital, under the same rules.

    Example: backtest compare --symbol AAPL --symbol IBM --strategy sma_cross:fast=10,slow=30 --strategy buy_and_hold
    """
    from algo_trading.strategies.cross_section import CrossSection
    from algo_trading.strategies.registry import build_strategy, strategy_names
    from back_testing.analysis.compare import compare as compared
    from back_testing.engine.backtest import first_bar
    from back_testing.engine.gaps import gap_notes
    from back_testing.engine.missing_features import unknown_features
    from back_testing.report.definitions import LABELS

    if metric not in LABELS or metric in {"start", "end"}:
        raise ConfigError(
            f"there is no metric {metric!r}; there are {', '.join(sorted(set(LABELS) - {'start', 'end'}))}"
        )
    if strategy:
        chosen = [o.parse_strategy(text) for text in strategy]
    else:
        every = [build_strategy(name, {}) for name in strategy_names()]
        priced = [one for one in every if source.csv is None or not one.needs]  # a file has prices alone
        chosen = [one for one in priced if not isinstance(one, CrossSection)]
    history = source.load(chosen)
    series = history.series
    rules = history.rules_of(rules)
    with output.progress() as bar:
        task = bar.add_task("comparing", total=len(chosen) * len(series))
        rows = compared(chosen, series, rules, source.first, lambda done, _total: bar.update(task, completed=done))
    if json:
        output.print_json([_document(row, history.notes) for row in rows])
    else:
        _show(rows, metric)
        for sentence in (*history.notes, *gap_notes(bars[first_bar(bars, source.first) :] for bars in series)):
            output.note(sentence)
        for sentence in rules.limits.notes(chosen):
            output.note(sentence)
        for one in chosen:
            known = {row.symbol for row in rows if row.strategy is one and row.statistics}
            traded = [bars[first_bar(bars, source.first) :] for bars in series if bars.instrument.symbol in known]
            for sentence in unknown_features(one, traded):
                output.note(sentence)


def _document(row: "Comparison", data_notes: tuple[str, ...]) -> dict[str, Any]:
    head = {"strategy": row.strategy.id.name, "params": asdict(row.strategy), "symbol": row.symbol}
    notes = [*data_notes, *row.notes]
    extra = {"notes": notes} if notes else {}
    return {**head, **(row.statistics.as_json() if row.statistics else {"trouble": row.trouble}), **extra}


def _show(rows: "list[Comparison]", metric: str) -> None:
    if len({row.symbol for row in rows}) == 1:
        _show_one(rows)
    else:
        _show_several(rows, metric)
    for row in rows:
        if row.trouble:
            output.note(f"{row.strategy.id.name} on {row.symbol}: {row.trouble}")


def _show_one(rows: "list[Comparison]") -> None:
    percent, signed, number = output.percent, output.signed_percent, output.number
    found = [(row.strategy.id, row.statistics) for row in rows if row.statistics]
    found.sort(key=lambda pair: -math.inf if math.isnan(pair[1].sharpe) else pair[1].sharpe, reverse=True)
    s = found[0][1]
    columns = ("strategy", "total return", "CAGR", "Sharpe", "max drawdown", "exposure", "trades")
    shown = [
        (
            str(name),
            signed(s.total_return),
            signed(s.cagr),
            number(s.sharpe),
            percent(s.max_drawdown),
            percent(s.exposure),
            str(s.n_trades),
        )
        for name, s in found
    ]
    output.table(
        f"{rows[0].symbol}, {s.start} .. {s.end}; buy and hold made {signed(s.buy_and_hold_return)}", columns, shown
    )


def _show_several(rows: "list[Comparison]", metric: str) -> None:
    from back_testing.report.definitions import LABELS

    symbols = list(dict.fromkeys(row.symbol for row in rows))
    names = list(dict.fromkeys(str(row.strategy.id) for row in rows))
    cells = {(str(row.strategy.id), row.symbol): row.statistics for row in rows}

    def cell(name: str, symbol: str) -> str:
        statistics = cells[name, symbol]
        if statistics is None:
            return "-"
        value = getattr(statistics, metric)
        return LABELS[metric][1](value) if math.isfinite(value) else "-"

    shown = [[name, *(cell(name, symbol) for symbol in symbols)] for name in names]
    held = {row.symbol: row.statistics.buy_and_hold_return for row in rows if row.statistics}
    if metric == "total_return":
        shown.append(["buy and hold", *(output.signed_percent(held[s]) if s in held else "-" for s in symbols)])
    output.table(metric.replace("_", " "), ["strategy", *symbols], shown)
