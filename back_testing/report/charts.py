"""Charts as `report.js` draws them: a horizontal axis, panes one above the other, and what is drawn in them.

A string such as `var(--up)` is a colour of the page, resolved in the browser so that charts follow the dark mode.
Every series of a chart has a value for each place of its `x`; marks and segments name places.
"""

from collections.abc import Mapping, Sequence
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats, Times
from back_testing.engine import metrics
from back_testing.engine.result import BacktestResult
from back_testing.engine.trade import ExitReason, Trade
from back_testing.report.packed import packed

Chart = dict[str, Any]

MOST_POINTS = 6_000  # of a line, and candles in a chart: more would make the page slow and show nothing new
LINE_COLOURS = ("var(--line-1)", "var(--line-2)", "var(--line-3)", "var(--line-4)")
BINS = 41  # of the distribution of returns


def equity_chart(result: BacktestResult) -> Chart:
    """Equity against buying and holding, the drawdown of both, and how much was invested."""
    kept = kept_points(len(result.times))
    cash = result.rules.cash
    falls = [_worst(metrics.drawdown(values, cash), kept).round(6) for values in (result.benchmark, result.equity)]
    soft = {"fill": "var(--drawdown-soft)", "below": True}
    return {
        **time_axis(result.times[kept]),
        "panes": [
            {"title": "equity", "weight": 0.56},
            {"title": "drawdown", "weight": 0.26},
            {"title": "invested", "weight": 0.18},
        ],
        "series": [
            line("buy and hold", result.benchmark[kept], "var(--benchmark)", format="money"),
            line("strategy", result.equity[kept], "var(--strategy)", format="money", width=2),
            line("drawdown, buy and hold", falls[0], "var(--benchmark)", pane=1, format="percent"),
            line("drawdown", falls[1], "var(--drawdown)", pane=1, format="percent", **soft),
            line("invested", result.invested[kept], "var(--invested)", pane=2, format="percent", step=True,
                 fill="var(--invested-soft)"),
        ],
    }  # fmt: skip


def candle_chart(bars: Bars, lines: Mapping[str, Floats], trades: Sequence[Trade], most: int = MOST_POINTS) -> Chart:
    """Candles with the strategy's lines, entries and exits; the newest `most` bars."""
    shown = slice(max(0, len(bars) - most), len(bars))
    bars = bars[shown]
    candles = {name: packed(getattr(bars, name)) for name in ("open", "high", "low", "close")}
    colours = (LINE_COLOURS[number % len(LINE_COLOURS)] for number in range(len(lines)))
    first = bars.opened_at[0].astype("datetime64[us]").item() if len(bars) else None
    visible = [trade for trade in trades if first is not None and trade.entry_time.replace(tzinfo=None) >= first]
    return {
        **time_axis(bars.opened_at),
        "panes": [{"title": "price", "weight": 1}],
        "series": [
            {"kind": "candles", "name": bars.instrument.symbol, "pane": 0, "format": "price", **candles},
            *(
                line(name, values[shown], colour, format="price")
                for (name, values), colour in zip(lines.items(), colours, strict=True)
            ),
        ],
        "segments": _paths(visible, bars.opened_at),
        "marks": _marks(visible, bars.opened_at),
    }


def return_chart(result: BacktestResult) -> Chart | None:
    """How the returns of bars with a position are distributed, beside those of the market and a normal distribution.

    Returns:
        None where the returns do not vary. The horizontal axis is in percent, as are the shares of bars.
    """
    own = metrics.period_returns(result.equity, result.rules.cash)
    market = metrics.period_returns(result.benchmark, result.rules.cash)
    own, market = own[own != 0], market[market != 0]
    if len(own) < 2 or np.ptp(own) == 0:
        return None
    reach = float(np.quantile(np.abs(np.concatenate([own, market])), 0.995))
    edges = np.linspace(-reach, reach, BINS + 1)
    centres, width = (edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0])
    share = [np.histogram(np.clip(values, -reach, reach), edges)[0] / len(values) for values in (own, market)]
    spread = float(np.std(own))
    normal = width / (spread * sqrt(2 * pi)) * np.exp(-0.5 * ((centres - np.mean(own)) / spread) ** 2)
    return {
        "x": packed(np.round(centres * 100, 4)),
        "axis": "return",
        "panes": [{"title": "share of bars", "weight": 1}],
        "series": [
            {**line("strategy", share[0], "var(--strategy)", format="percent"), "kind": "bars"},
            line("buy and hold", share[1], "var(--benchmark)", format="percent", step=True),
            line("normal distribution", normal, "var(--line-1)", format="percent", dotted=True),
        ],
    }


def trade_chart(trades: Sequence[Trade]) -> Chart | None:
    """The return of each closed trade, in the order of their ends; None without any."""
    closed = [trade for trade in trades if trade.exit_time is not None][-MOST_POINTS:]
    if not closed:
        return None
    values = np.array([trade.return_ for trade in closed])
    return {
        "x": packed(range(1, len(closed) + 1)),
        "axis": "trade",
        "panes": [{"title": "return", "weight": 1}],
        "series": [
            {**line("return", values, "var(--up)", format="percent", negative="var(--down)"), "kind": "bars"},
        ],
        "words": [f"{trade.symbol}, {trade.exit_time:%Y-%m-%d}, {_words(trade.reason)}" for trade in closed],
    }


def kept_points(n: int, most: int = MOST_POINTS) -> slice:
    """Every k-th point and the last, so that there are at most so many."""
    step = max(1, -(-n // most))
    return slice((n - 1) % step, n, step)


def time_axis(times: Times) -> Chart:
    """The places of a chart as seconds since 1970, and whether they have a time of day."""
    days = bool((times.astype("datetime64[D]") == times).all())
    return {"x": packed(times.astype("datetime64[s]").astype(np.int64)), "axis": "day" if days else "minute"}


def _worst(values: Floats, kept: slice) -> Floats:
    """The least value up to each point kept, since the one before."""
    if kept.step == 1:
        return values
    starts = np.maximum(np.arange(kept.start, kept.stop, kept.step) - kept.step + 1, 0)
    lowest: Floats = np.minimum.reduceat(values, starts)
    return lowest


def line(name: str, values: Floats, colour: str, **more: Any) -> Chart:  # noqa: ANN401 - JSON
    """A line, in the uppermost pane unless `pane` says otherwise."""
    return {"kind": "line", "pane": 0, "name": name, "y": packed(values), "colour": colour, **more}


def _marks(trades: Sequence[Trade], times: Times) -> list[Chart]:
    """Triangles where trades begin, up for long and down for short, and circles where they end."""
    entries = [(t.entry_time, t.entry_price, f"{t.side} entry, {t.size:,.4g} shares", t.side) for t in trades]
    exits = [
        (t.exit_time, t.exit_price, f"{t.side} exit ({_words(t.reason)}), {t.return_:+.2%}", "exit")
        for t in trades
        if t.exit_time is not None and t.reason is not ExitReason.OPEN
    ]
    return [
        {
            "name": name,
            "colour": f"var(--{name})",
            "at": packed(_places([time for time, *_ in found], times)),
            "price": packed([price for _, price, *_ in found]),
            "text": [text for *_, text, _ in found],
            "shape": [shape for *_, shape in found],
        }
        for name, found in (("entry", entries), ("exit", exits))
    ]


def _paths(trades: Sequence[Trade], times: Times) -> list[Chart]:
    """A dotted line from each entry to its exit."""
    ended = [trade for trade in trades if trade.exit_time is not None]
    return [
        {
            "pane": 0,
            "colour": "var(--muted)",
            "from": packed(_places([trade.entry_time for trade in ended], times)),
            "to": packed(_places([trade.exit_time for trade in ended], times)),
            "start": packed([trade.entry_price for trade in ended]),
            "end": packed([trade.exit_price for trade in ended]),
        }
    ]


def _places(moments: Sequence[Any], times: Times) -> NDArray[np.int64]:
    """The bar of each moment: the last that opened by then."""
    naive = np.array([moment.replace(tzinfo=None) for moment in moments], dtype="datetime64[us]")
    places: NDArray[np.int64] = np.searchsorted(times, naive, side="right") - 1
    return places


def _words(reason: ExitReason) -> str:
    return str(reason).replace("_", " ")
