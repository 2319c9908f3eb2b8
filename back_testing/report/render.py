"""From a result to the HTML file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from algo_trading.domain.bars import Bars, Floats
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import parameters_of
from back_testing.engine.result import BacktestResult
from back_testing.engine.strategy_shares import StrategyShare
from back_testing.report import charts
from back_testing.report.assumptions import assumptions
from back_testing.report.definitions import counted, figures, money, percent
from back_testing.report.months import Year, monthly_returns
from back_testing.report.packed import compressed_json, compressed_library
from back_testing.report.pages import rendered
from back_testing.report.scores import score_sections

HEADLINES = ("total_return", "buy_and_hold_return", "cagr", "sharpe", "max_drawdown", "n_trades")
DEEPEST = 0.12  # a month's return that has the full colour
MOST_CANDLE_CHARTS = 12
MOST_CANDLES = 12_000  # of all charts together, which keeps the file below 600 KB
MOST_TRADES = 800  # rows of the table; JSON and --trades have them all


@dataclass(frozen=True, slots=True)
class Cell:
    """A month: its text and how strong its colour is, from -100 to 100."""

    text: str
    strength: int


def write_report(
    path: Path, result: BacktestResult, series: Sequence[Bars], notes: Sequence[tuple[str, str]] = ()
) -> None:
    """Write the report of `result` to `path`; `series` are the bars it was run on, history included.

    `notes` are topics and sentences that stand before the assumptions.

    Raises:
        ConfigError: the file cannot be written.
    """
    page = render_report(result, series, notes)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def render_report(result: BacktestResult, series: Sequence[Bars], notes: Sequence[tuple[str, str]] = ()) -> str:
    """The page. It loads nothing: lightweight-charts, data and styles are inside."""
    return rendered("report.html.j2", **_content(result, series, notes))


def _content(result: BacktestResult, series: Sequence[Bars], notes: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    statistics = figures(result.statistics)
    by_key = {figure.key: figure for figure in statistics}
    whole = {bars.instrument: bars for bars in series}
    chosen = [(bars, whole[bars.instrument]) for bars in _most_traded(result)]
    candles = [(bars.instrument.symbol, _candles(result, bars, history)) for bars, history in chosen]
    drawn_scores = [(history, len(bars)) for bars, history in chosen]
    scores = [section for strategy in result.strategies for section in score_sections(strategy, drawn_scores)]
    distributions = {"returns": charts.return_chart(result), "trades": charts.trade_chart(result.trades)}
    drawn = {
        "equity": charts.equity_chart(result),
        **{name: chart for name, chart in distributions.items() if chart},
        **{f"candles-{i}": chart for i, (_, chart) in enumerate(candles)},
        **{f"scores-{i}": section.chart for i, section in enumerate(scores)},
    }
    return {
        "symbols": ", ".join(bars.instrument.symbol for bars in result.series),
        "strategy": result.name,
        "summary": _summary(result),
        "params": _params(result),
        "shares": [_share_row(share) for share in result.shares],
        "lookahead": result.lookahead,
        "verdict": _verdict(result),
        "headlines": [by_key[key] for key in HEADLINES],
        "statistics": statistics,
        "candles": [symbol for symbol, _ in candles],
        "scores": scores,
        "older": max(len(bars) for bars, _ in chosen) > _most_bars(result),
        "most_bars": _most_bars(result),
        "undrawn": len(result.series) - len(candles),
        "has_returns": "returns" in drawn,
        "has_trades": "trades" in drawn,
        "years": [_row(year) for year in monthly_returns(result.times, result.equity, result.rules.cash)],
        "closed": counted(result.statistics.n_trades, "closed trade"),
        "trades": [_trade_row(trade.as_json()) for trade in result.trades[-MOST_TRADES:]],
        "more_trades": max(0, len(result.trades) - MOST_TRADES),
        "several": len(result.series) > 1,
        "together": len(result.strategies) > 1,
        "notes": notes,
        "assumptions": assumptions(result),
        "data": _data(result),
        "version": version("algo-trading"),
        "charts": compressed_json(drawn),
        "library": compressed_library(),
    }


def _most_traded(result: BacktestResult) -> list[Bars]:
    """The first MOST_CANDLE_CHARTS instruments, most traded first."""
    counts = {bars.instrument.symbol: 0 for bars in result.series}
    for trade in result.trades:
        counts[trade.symbol] += 1
    return sorted(result.series, key=lambda bars: -counts[bars.instrument.symbol])[:MOST_CANDLE_CHARTS]


def _candles(result: BacktestResult, bars: Bars, whole: Bars) -> charts.Chart:
    """The candles of an instrument with its trades; `whole` has the history, too."""
    trades = [trade for trade in result.trades if trade.symbol == bars.instrument.symbol]
    return charts.candle_chart(bars, _lines(result, whole, len(bars)), trades, _most_bars(result))


def _most_bars(result: BacktestResult) -> int:
    """How many bars of an instrument are drawn."""
    return min(charts.MOST_POINTS, MOST_CANDLES // min(len(result.series), MOST_CANDLE_CHARTS))


def _lines(result: BacktestResult, whole: Bars, shown: int) -> dict[str, Floats]:
    """The strategy's lines, computed with the history and cut to the bars that are shown."""
    lines: dict[str, Floats] = {}
    for strategy in result.strategies:
        whose = f"{strategy.name}: " if len(result.strategies) > 1 else ""
        lines |= {f"{whose}{name}": values for name, values in strategy.lines(whole).items()}
    return {name: values[len(values) - shown :] for name, values in lines.items()}


def _summary(result: BacktestResult) -> str:
    if len(result.strategies) > 1:
        return f"{len(result.strategies)} strategies that share one account"
    return result.strategy.summary[:1].upper() + result.strategy.summary[1:]


def _params(result: BacktestResult) -> dict[str, Any]:
    if len(result.strategies) == 1:
        return parameters_of(result.strategy)
    return {
        f"{strategy.name}.{name}": value
        for strategy in result.strategies
        for name, value in parameters_of(strategy).items()
    }


def _share_row(share: StrategyShare) -> tuple[str, ...]:
    won = "\u2013" if math.isnan(share.win_rate) else percent(share.win_rate)
    figures = (money(share.profit), str(share.n_trades), won, percent(share.exposure), money(share.costs_paid))
    return (str(share.strategy.id), *figures)


def _verdict(result: BacktestResult) -> str:
    own, market = result.statistics.total_return, result.statistics.buy_and_hold_return
    difference = (own - market) * 100
    compared = "as much as" if abs(difference) < 0.005 else "more than" if difference > 0 else "less than"
    by = "" if compared == "as much as" else f"{abs(difference):,.2f} points "
    return f"It returned {percent(own)}, {by}{compared} buying and holding ({percent(market)})."


def _row(year: Year) -> tuple[int, list[Cell | None], Cell]:
    return year.year, [None if value is None else _cell(value) for value in year.months], _cell(year.total)


def _cell(value: float) -> Cell:
    return Cell(f"{value * 100:z.1f}", round(100 * max(-1.0, min(1.0, value / DEEPEST))))


def _trade_row(trade: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **trade,
        "entry_time": trade["entry_time"].replace("T", " "),
        "exit_time": (trade["exit_time"] or "").replace("T", " "),
        "size_text": f"{trade['size']:,.4g}" if trade["size"] < 1e4 else f"{trade['size']:,.0f}",
        "pnl_text": money(trade["pnl"]),
        "return_text": percent(trade["return"]),
        "reason": trade["reason"].replace("_", " "),
    }


def _data(result: BacktestResult) -> list[tuple[str, str]]:
    statistics = result.statistics
    return [
        (
            "Instruments",
            ", ".join(f"{b.instrument.symbol} ({b.instrument.venue}, {b.interval})" for b in result.series),
        ),
        ("Range", f"{statistics.start} to {statistics.end}, {statistics.bars:,} bars"),
        ("SHA-256 of the bars", result.data_hash),
    ]
