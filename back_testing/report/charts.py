"""Charts as Plotly takes them: plain lists of traces and layouts.

A string such as `var(--up)` is a colour of the page, resolved in the browser so that charts follow the dark mode.
"""

from collections.abc import Mapping, Sequence
from math import pi, sqrt
from typing import Any

import numpy as np

from algo_trading.domain.bars import Bars, Floats, Times
from back_testing.engine import metrics
from back_testing.engine.result import BacktestResult
from back_testing.engine.trade import ExitReason, Trade

Chart = dict[str, Any]

MOST_POINTS = 6_000  # of a line, and candles in a chart: more would make the page slow and show nothing new
LINE_COLOURS = ("var(--line-1)", "var(--line-2)", "var(--line-3)", "var(--line-4)")
_ENTRY = {"long": "triangle-up", "short": "triangle-down"}
BASE: Mapping[str, Any] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "inherit", "size": 12, "color": "var(--muted)"},
    "margin": {"l": 56, "r": 16, "t": 8, "b": 32},
    "hovermode": "x unified",
    "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--rule)", "font": {"color": "var(--ink)"}},
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": "var(--ink)"}},
}
AXIS: Mapping[str, Any] = {
    "gridcolor": "var(--grid)",
    "linecolor": "var(--rule)",
    "zerolinecolor": "var(--rule)",
    "automargin": True,
}


def equity_chart(result: BacktestResult) -> Chart:
    """Equity against buying and holding, the drawdown of both, and how much was invested."""
    kept = kept_points(len(result.times))
    x = stamps(result.times[kept])
    cash = result.rules.cash
    strategy = {"color": "var(--strategy)", "width": 2}
    market = {"color": "var(--benchmark)", "width": 1.5}
    money, part = "%{y:,.0f}<extra></extra>", "%{y:.1%}<extra></extra>"
    falls = [_worst(metrics.drawdown(values, cash), kept) for values in (result.benchmark, result.equity)]
    traces = [
        line("buy and hold", x, result.benchmark[kept], market, hovertemplate="buy and hold " + money),
        line("strategy", x, result.equity[kept], strategy, hovertemplate="strategy " + money),
        line("buy and hold", x, falls[0], market, yaxis="y2", showlegend=False,
              hovertemplate="drawdown, buy and hold " + part),
        line("strategy", x, falls[1], {"color": "var(--drawdown)", "width": 1.5}, yaxis="y2", showlegend=False,
              fill="tozeroy", fillcolor="var(--drawdown-soft)", hovertemplate="drawdown " + part),
        line("invested", x, result.invested[kept], {"color": "var(--invested)", "width": 1, "shape": "hv"}, yaxis="y3",
              showlegend=False, fill="tozeroy", fillcolor="var(--invested-soft)", hovertemplate="invested " + part),
    ]  # fmt: skip
    layout = {
        **BASE,
        "xaxis": {**AXIS, "type": "date", "anchor": "y3", "showgrid": False},
        "yaxis": {**AXIS, "domain": [0.46, 1], "title": {"text": "equity"}, "tickformat": "~s"},
        "yaxis2": {**AXIS, "domain": [0.18, 0.42], "title": {"text": "drawdown"}, "tickformat": ".0%"},
        "yaxis3": {**AXIS, "domain": [0, 0.13], "title": {"text": "invested"}, "tickformat": ".0%", "nticks": 3},
    }
    return {"data": traces, "layout": layout}


def candle_chart(bars: Bars, lines: Mapping[str, Floats], trades: Sequence[Trade]) -> Chart:
    """Candles with the strategy's lines, entries and exits; the newest MOST_POINTS bars."""
    shown = slice(max(0, len(bars) - MOST_POINTS), len(bars))
    bars = bars[shown]
    x = stamps(bars.opened_at)
    traces: list[Chart] = [
        {
            "type": "candlestick",
            "name": bars.instrument.symbol,
            "x": x,
            **{name: typed(getattr(bars, name)) for name in ("open", "high", "low", "close")},
            "increasing": {"line": {"color": "var(--up)", "width": 1}, "fillcolor": "var(--up)"},
            "decreasing": {"line": {"color": "var(--down)", "width": 1}, "fillcolor": "var(--down)"},
            "showlegend": False,
        }
    ]
    for number, (name, values) in enumerate(lines.items()):
        colour = {"color": LINE_COLOURS[number % len(LINE_COLOURS)], "width": 1.4}
        traces.append(line(name, x, values[shown], colour, hovertemplate=f"{name} %{{y:.2f}}<extra></extra>"))
    first = bars.opened_at[0].astype("datetime64[us]").item() if len(bars) else None
    visible = [trade for trade in trades if first is not None and _naive(trade.entry_time) >= first]
    traces += [_paths(visible), *_marks(visible)]
    layout = {
        **BASE,
        "xaxis": {**AXIS, "type": "date", "showgrid": False, "rangeslider": {"visible": False}},
        "yaxis": {**AXIS, "tickformat": "~r"},
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def return_chart(result: BacktestResult) -> Chart:
    """How the returns of bars with a position are distributed, beside those of the market and a normal distribution."""
    own = metrics.period_returns(result.equity, result.rules.cash)
    market = metrics.period_returns(result.benchmark, result.rules.cash)
    own, market = own[own != 0], market[market != 0]
    traces: list[Chart] = []
    if len(own) > 1 and np.ptp(own) > 0:
        reach = float(np.quantile(np.abs(np.concatenate([own, market])), 0.995))
        edges = np.linspace(-reach, reach, 42)
        centres, width = (edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0])
        share = [np.histogram(np.clip(values, -reach, reach), edges)[0] / len(values) for values in (own, market)]
        spread = float(np.std(own))
        normal = width / (spread * sqrt(2 * pi)) * np.exp(-0.5 * ((centres - np.mean(own)) / spread) ** 2)
        part = "%{y:.1%} of bars<extra></extra>"
        traces = [
            {"type": "bar", "name": "strategy", "x": typed(centres), "y": typed(share[0]),
             "marker": {"color": "var(--strategy)"}, "hovertemplate": "strategy " + part},
            line("buy and hold", typed(centres), share[1], {"color": "var(--benchmark)", "width": 1.5, "shape": "hvh"},
                  hovertemplate="buy and hold " + part),
            line("normal", typed(centres), normal, {"color": "var(--line-1)", "width": 1.5, "dash": "dot"},
                  hovertemplate="normal distribution " + part),
        ]  # fmt: skip
    layout = {
        **BASE,
        "bargap": 0.08,
        "xaxis": {**AXIS, "tickformat": ".1%", "showgrid": False, "hoverformat": ".2%"},
        "yaxis": {**AXIS, "tickformat": ".0%"},
    }
    return {"data": traces, "layout": layout}


def trade_chart(trades: Sequence[Trade]) -> Chart:
    """The return of each closed trade, in the order of their ends."""
    closed = [trade for trade in trades if trade.exit_time is not None][-MOST_POINTS:]
    values = [trade.return_ for trade in closed]
    trace = {
        "type": "bar",
        "x": list(range(1, len(closed) + 1)),
        "y": typed(np.array(values)),
        "marker": {"color": ["var(--up)" if value > 0 else "var(--down)" for value in values]},
        "customdata": [f"{trade.symbol}, {trade.exit_time:%Y-%m-%d}, {trade.reason}" for trade in closed],
        "hovertemplate": "trade %{x}: %{y:.2%}<br>%{customdata}<extra></extra>",
    }
    layout = {
        **BASE,
        "hovermode": "closest",
        "xaxis": {**AXIS, "showgrid": False, "title": {"text": "trade"}},
        "yaxis": {**AXIS, "tickformat": ".0%"},
    }
    return {"data": [trace] if closed else [], "layout": layout}


def stamps(times: Times) -> list[str]:
    """Times as text, without a time of day where all are at midnight."""
    days = times.astype("datetime64[D]")
    texts: list[str] = np.datetime_as_string(
        days if bool((days == times).all()) else times.astype("datetime64[m]")
    ).tolist()
    return texts


def typed(values: Floats) -> Mapping[str, str]:
    """Numbers as Plotly's typed array: 4 bytes each in base64, seven digits."""
    import base64

    return {"dtype": "f4", "bdata": base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode("ascii")}


def kept_points(n: int, most: int = MOST_POINTS) -> slice:
    """Every k-th point and the last, so that there are at most so many."""
    step = max(1, -(-n // most))
    return slice((n - 1) % step, n, step)


def _worst(values: Floats, kept: slice) -> Floats:
    """The least value up to each point kept, since the one before."""
    if kept.step == 1:
        return values
    starts = np.maximum(np.arange(kept.start, kept.stop, kept.step) - kept.step + 1, 0)
    lowest: Floats = np.minimum.reduceat(values, starts)
    return lowest


def line(name: str, x: Any, y: Floats, line: Mapping[str, Any], **more: Any) -> Chart:  # noqa: ANN401 - Plotly's JSON
    """A trace of a line."""
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": typed(y), "line": line, **more}


def _marks(trades: Sequence[Trade]) -> list[Chart]:
    """Triangles where trades begin, up for long and down for short, and circles where they end."""
    entries = [(t.entry_time, t.entry_price, f"{t.side} entry, {t.size:,.4g} shares", _ENTRY[t.side]) for t in trades]
    exits = [
        (t.exit_time, t.exit_price, f"{t.side} exit ({_words(t.reason)}), {t.return_:+.2%}", "circle-open")
        for t in trades
        if t.exit_time is not None and t.reason is not ExitReason.OPEN
    ]
    edge = {"color": "var(--card)", "width": 1}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [_stamp(time) for time, _, _, _ in found],
            "y": [price for _, price, _, _ in found],
            "text": [text for _, _, text, _ in found],
            "hovertemplate": "%{text} at %{y:.2f}<extra></extra>",
            "marker": {"symbol": [symbol for *_, symbol in found], **marker},
        }
        for name, found, marker in (
            ("entry", entries, {"size": 11, "color": "var(--entry)", "line": edge}),
            ("exit", exits, {"size": 11, "color": "var(--exit)", "line": {"width": 2.5}}),
        )
    ]


def _paths(trades: Sequence[Trade]) -> Chart:
    """A dotted line from each entry to its exit."""
    x: list[str | None] = []
    y: list[float | None] = []
    for trade in trades:
        if trade.exit_time is not None:
            x += [_stamp(trade.entry_time), _stamp(trade.exit_time), None]
            y += [trade.entry_price, trade.exit_price, None]
    line = {"color": "var(--ink)", "width": 1, "dash": "dot"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "opacity": 0.5, "hoverinfo": "skip",
            "showlegend": False, "connectgaps": False}  # fmt: skip


def _words(reason: ExitReason) -> str:
    return str(reason).replace("_", " ")


def _naive(moment: Any) -> Any:  # noqa: ANN401 - a datetime
    return moment.replace(tzinfo=None)


def _stamp(moment: Any) -> str:  # noqa: ANN401 - a datetime
    return f"{moment:%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%Y-%m-%dT%H:%M}"
