"""What there is to tell about a signal: made once, put into every mail about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.post import Level, Post
from algo_trading.domain.signal import Side, Signal
from algo_trading.notification.chart import BARS_SHOWN, draw_chart
from algo_trading.notification.words import change_text, one_line, percent_text, price_text, shortened
from algo_trading.strategies.base import Strategy

CLOSES_SHOWN = 5
POST_SHOWN = 600  # characters


@dataclass(frozen=True)
class Notice:
    """A signal in words, figures and a picture.

    `facts` are labels and values in reading order. `closes` is a table, its first row the headings, of the last
    sessions' back-adjusted closes, the strategy's lines and volumes. `chart` is a PNG and `alt` says what it shows.
    """

    signal: Signal
    headline: str
    reason: str
    facts: Mapping[str, str]
    following: str
    closes: Sequence[Sequence[str]]
    chart: bytes
    alt: str

    @property
    def subject(self) -> str:
        """One line: what, at which price, who says so, when."""
        return f"{self.headline} · {self.signal.strategy.name} · {self.signal.session}"


def chart_of(signal: Signal, bars: Bars, strategy: Strategy) -> bytes:
    """The picture for `signal`; the same for every signal of a strategy that falls on the same bar."""
    return draw_chart(bars, strategy.lines(bars), signal.side, _price(signal))


def notice_of(
    signal: Signal,
    bars: Bars,
    strategy: Strategy,
    level: Level,
    *,
    chart: bytes | None = None,
    post: Post | None = None,
    unordered: str = "",
) -> Notice:
    """Describe `signal`; `bars` are back-adjusted as of its session, which is the last of them.

    `level` is that of its confidence, `chart` its picture where there is one already. `post` is what a signal on a post
    rests on; `unordered` says why nothing will be ordered, where that is so.

    Raises:
        ValueError: the bars end at another session, or there are none.
    """
    if not len(bars) or bars.session(-1) != signal.session:
        raise ValueError(f"there is no bar of {signal.instrument} for {signal.session}")
    lines = strategy.lines(bars)
    shown = bars[-BARS_SHOWN:]
    watched = f", with {' and '.join(lines)}" if lines else ""
    return Notice(
        signal=signal,
        headline=f"{signal.side.upper()} {signal.instrument} at {price_text(signal.close)}",
        reason=signal.reason if signal.reason.endswith((".", "!", "?")) else f"{signal.reason}.",
        facts=_facts(signal, bars, strategy, level) | (_post_facts(post) if post else {}),
        following=unordered or _following(signal),
        closes=_closes(bars[-CLOSES_SHOWN:], {name: values[-CLOSES_SHOWN:] for name, values in lines.items()}),
        chart=chart_of(signal, bars, strategy) if chart is None else chart,
        alt=f"Daily bars of {signal.instrument} from {shown.session(0)} to {signal.session}{watched}; "
        f"the last one is marked {_price(signal)}.",
    )


def _price(signal: Signal) -> str:
    return f"{signal.side.upper()} at {price_text(signal.close)}"


def _facts(signal: Signal, bars: Bars, strategy: Strategy, level: Level) -> dict[str, str]:
    close = f"{price_text(signal.close)} as traded"
    if len(bars) > 1:
        close += f", {change_text(float(bars.close[-1] / bars.close[-2]) - 1)} on the session before"
    parameters = json.loads(signal.strategy.params)
    session = "Last session before the post" if signal.post else "Session"
    return {
        "Close": close,
        session: f"{signal.session:%A}, {signal.session} ({signal.instrument.venue})",
        "Confidence": f"{level} ({signal.confidence:.2f} of 1)",
        "Suggested size": f"{percent_text(signal.size)} of the position limit",
        "Strategy": f"{strategy.name}: {strategy.summary}",
        "Parameters": ", ".join(f"{name} = {value}" for name, value in parameters.items()) or "none",
    }


def _post_facts(post: Post) -> dict[str, str]:
    # The gate cleans texts, but some were stored before it took out all that it does now.
    facts = {
        "Post": f"“{shortened(one_line(post.text), POST_SHOWN)}”",
        "Author": f"{one_line(post.author) or 'somebody'} on {post.key.platform}",
        "Posted": f"{post.published_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    }
    return facts | ({"Link": post.url} if post.url else {})


def _following(signal: Signal) -> str:
    symbol, strategy = signal.instrument, signal.strategy.name
    match signal.side:
        case Side.BUY:
            return (
                f"A paper account that follows {strategy} on {symbol} buys at the open of the next session, if its "
                "cash and its limits allow. No real money moves."
            )
        case Side.SELL:
            return (
                f"A paper account that follows {strategy} on {symbol} sells what {strategy} bought of it, if anything, "
                "at the open of the next session. No real money moves."
            )
    return "Nothing is ordered."


def _closes(bars: Bars, lines: Mapping[str, np.ndarray]) -> list[list[str]]:
    rows = [["Session", "Close", *lines, "Volume"]]
    for i in range(len(bars)):
        watched = ("-" if np.isnan(values[i]) else price_text(float(values[i])) for values in lines.values())
        rows.append([str(bars.session(i)), price_text(float(bars.close[i])), *watched, f"{bars.volume[i]:,.0f}"])
    return rows
