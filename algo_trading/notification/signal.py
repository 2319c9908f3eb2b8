"""Notices of signals: what there is to say about one, in words, figures and a picture."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache, partial

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.corporate_actions import adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Holding
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.notice import Content
from algo_trading.domain.past_trades import PastTrade, past_trades
from algo_trading.domain.post import Level, Levels, Post, PostKey
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, array_time, moment_of, period_key
from algo_trading.domain.venue import venue_of
from algo_trading.domain.watchlist import Assignment
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.chart import BARS_SHOWN, MARKS, WIDTH, draw_chart
from algo_trading.notification.rendering import Rendering, render
from algo_trading.notification.words import change_text, one_line, percent_text, price_text, shortened
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.risk.limits import Proposal, refusal
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.registry import Strategies

CLOSES_SHOWN = 5
TRADES_SHOWN = 5
POST_SHOWN = 600  # characters
MADE_UP = "made up: this market does not exist"
PICTURES_KEPT = 16  # bars of a series, and their charts: many posts fall on the same bar

Picture = tuple[Bars, dict[tuple[StrategyId, Side], bytes]]
Pictures = Callable[[Series, datetime], Picture]
Traded = Callable[[Signal, datetime], Sequence[PastTrade]]
AssignedLimits = Mapping[tuple[StrategyId, Series], Sequence[Limits]]


@dataclass(frozen=True)
class SignalNotice:
    """A signal in words, figures and a picture.

    `facts` are labels and values in reading order. `closes` is a table, its first row the headings, of the last
    back-adjusted closes, the strategy's lines and volumes. `chart` is a PNG and `alt` says what it shows. `trades` are
    those of the strategy on the series that are over, `page` the address of the instrument's page, if there is one.
    """

    signal: Signal
    headline: str
    reason: str
    facts: Mapping[str, str]
    following: str
    closes: Sequence[Sequence[str]]
    chart: bytes
    alt: str
    trades: Sequence[PastTrade] = ()
    page: str = ""

    @property
    def record(self) -> Sequence[Sequence[str]]:
        """The last trades of the strategy on the series that are over, newest first; the first row has the headings."""
        rows = [
            (f"{one.opened_at:%Y-%m-%d}", f"{one.closed_at:%Y-%m-%d}", change_text(one.result))
            for one in sorted(self.trades, key=lambda one: one.closed_at)[: -TRADES_SHOWN - 1 : -1]
        ]
        return [("opened", "closed", "result"), *rows] if rows else []

    @property
    def success(self) -> str:
        """How many of all its trades gained, and their mean result."""
        won, mean = sum(one.profit > 0 for one in self.trades), np.mean([one.result for one in self.trades])
        count = f"{len(self.trades)} trade{'s' if len(self.trades) > 1 else ''}"
        return f"{count} so far, {won} with a gain; mean result {change_text(float(mean))}, costs included."

    @property
    def subject(self) -> str:
        """One line: what, at which price, who says so, when."""
        made_up = " · made-up price" if venue_of(self.signal.instrument.venue).made_up else ""
        return f"{self.headline} · {self.signal.strategy.name} · {self.signal.period}{made_up}"

    @property
    def unit(self) -> str:
        """What a bar is called."""
        return _unit(self.signal.series.interval)

    def rendering(self) -> Rendering:
        """The notice as texts for a mail."""
        return Rendering(
            subject=self.subject,
            text=render("signal.txt.j2", notice=self),
            html=render("signal.html.j2", notice=self, width=WIDTH, color=MARKS[self.signal.side][1]),
            pictures=(self.chart,),
        )


@dataclass(frozen=True)
class SignalRenderer:
    """Renders the notice of a signal from what is stored about it."""

    signals: SignalRepository
    bars: BarRepository
    actions: CorporateActionRepository
    posts: PostRepository
    assignments: AssignmentRepository
    strategies: Strategies
    levels: Levels
    accounts: AccountRepository
    page: Callable[[Instrument], str] = lambda _instrument: ""

    def begin(self) -> Callable[[Content], Rendering]:
        """Renders signals by their keys; bars and charts are read and drawn once for all that fall on the same bar.

        It raises UndeliverableError where there is no such signal or no bar for it, ConfigError where the strategy is
        not installed.
        """
        pictures = lru_cache(maxsize=PICTURES_KEPT)(self._picture)
        assignments = self.assignments.all()
        return partial(self._render, pictures, limits_by_decision(assignments), self._traded(assignments))

    def _traded(self, assignments: Sequence[Assignment]) -> Traded:
        """Reads what came of a strategy's trades on a series, of every account; the book of each is read once."""
        accounts = defaultdict[Holding, set[str]](set)
        for one in assignments:
            accounts[Holding(one.strategy, one.series)].add(one.account)
        known = cache(lambda: set(self.accounts.names()))
        book = cache(lambda name: (self.accounts.state(name).account.currency, self.accounts.entries(name)))

        def traded(signal: Signal, until: datetime) -> list[PastTrade]:
            holding = Holding(signal.strategy, signal.series)
            books = (book(name) for name in sorted(accounts.get(holding, set())) if name in known())
            trades = [one for currency, entries in books for one in past_trades(entries, holding, currency)]
            return [one for one in trades if one.closed_at <= until]

        return traded

    def _render(self, pictures: Pictures, limits: AssignedLimits, traded: Traded, content: Content) -> Rendering:
        signal = self.signals.find(content.key)
        if signal is None:
            raise UndeliverableError(f"there is no signal {content.key}")
        strategy = self.strategies(signal.strategy)
        bars, charts = pictures(signal.series, signal.opened_at)
        notice = signal_notice(
            signal,
            bars,
            strategy,
            self.levels.of(signal.confidence),
            chart=charts.get((signal.strategy, signal.side)),
            post=self.posts.find(PostKey.parse(signal.post)) if signal.post else None,
            unordered=self._unordered(signal, bars, limits.get((signal.strategy, signal.series), [NO_LIMITS])),
        )
        trades, page = traded(signal, moment_of(bars.closed_at[-1])), self.page(signal.instrument)
        notice = replace(notice, trades=trades, page=page)
        charts[signal.strategy, signal.side] = notice.chart
        return notice.rendering()

    def _picture(self, series: Series, opened_at: datetime) -> Picture:
        """The bars up to a period, and room for the charts of the signals that fall on its bar."""
        bars = split_by_series(self.bars.read([series], None, opened_at)).get(series)
        if bars is None or bars.opened_at[-1] != array_time(opened_at):
            raise UndeliverableError(f"there is no bar of {series} for {period_key(series.interval, opened_at)}")
        return adjusted(bars, self.actions.read([series.instrument], opened_at.date())), {}

    def _unordered(self, signal: Signal, bars: Bars, limits: Sequence[Limits]) -> str:
        """Why the signal leads to no order on any account, as far as that is certain already; empty if it may."""
        reasons = [self._refused(signal, bars, one) for one in limits]
        return reasons[0] if all(reasons) else ""

    def _refused(self, signal: Signal, bars: Bars, limits: Limits) -> str:
        level = self.levels.of(signal.confidence)
        if not level.reaches(limits.order_from):
            name = signal.strategy.name
            return f"Nothing is ordered: the confidence is {level}, and {name} orders from {limits.order_from} on."
        if signal.side is Side.SELL or signal.available_at is None:
            return ""
        zone, closed = venue_of(signal.instrument.venue).zone, moment_of(bars.closed_at[-1])
        reason = refusal(limits, Proposal(signal.available_at, zone, signal.close, closed, None, 0))
        return f"Nothing is ordered: {reason}." if reason else ""


def limits_by_decision(assignments: Sequence[Assignment]) -> AssignedLimits:
    """The limits under which a strategy trades on a series, those of each account that it trades for."""
    found = defaultdict[tuple[StrategyId, Series], list[Limits]](list)
    for assignment in assignments:
        found[assignment.strategy, assignment.series].append(assignment.limits)
    return dict(found)


def chart_of(signal: Signal, bars: Bars, strategy: Strategy) -> bytes:
    """The picture for `signal`; the same for every signal of a strategy that falls on the same bar."""
    return draw_chart(bars, strategy.lines(bars), signal.side, _price(signal))


def signal_notice(
    signal: Signal,
    bars: Bars,
    strategy: Strategy,
    level: Level,
    *,
    chart: bytes | None = None,
    post: Post | None = None,
    unordered: str = "",
) -> SignalNotice:
    """Describe `signal`; `bars` are back-adjusted as of its bar, which is the last of them.

    `level` is that of its confidence, `chart` its picture where there is one already. `post` is what a signal on a post
    rests on; `unordered` says why nothing will be ordered, where that is so.

    Raises:
        ValueError: the bars end at another bar, or there are none.
    """
    if not len(bars) or bars.opened_at[-1] != array_time(signal.opened_at):
        raise ValueError(f"there is no bar of {signal.series} for {signal.period}")
    lines = strategy.lines(bars)
    shown = bars[-BARS_SHOWN:]
    watched = f", with {' and '.join(lines)}" if lines else ""
    length = "Daily" if signal.series.interval is Interval.DAY else signal.series.interval
    return SignalNotice(
        signal=signal,
        headline=f"{signal.side.upper()} {_name(signal.series)} at {price_text(signal.close)}",
        reason=signal.reason if signal.reason.endswith((".", "!", "?")) else f"{signal.reason}.",
        facts=_facts(signal, bars, strategy, level) | (_post_facts(post) if post else {}),
        following=unordered or _following(signal),
        closes=_closes(bars[-CLOSES_SHOWN:], {name: values[-CLOSES_SHOWN:] for name, values in lines.items()}),
        chart=chart_of(signal, bars, strategy) if chart is None else chart,
        alt=f"{length} bars of {signal.instrument} from {shown.period(0)} to {signal.period}{watched}; "
        f"the last one is marked {_price(signal)}.",
    )


def _price(signal: Signal) -> str:
    return f"{signal.side.upper()} at {price_text(signal.close)}"


def _name(series: Series) -> str:
    return series.symbol if series.interval is Interval.DAY else f"{series.symbol} {series.interval}"


def _unit(interval: Interval) -> str:
    return "session" if interval is Interval.DAY else "bar"


def _facts(signal: Signal, bars: Bars, strategy: Strategy, level: Level) -> dict[str, str]:
    unit = _unit(signal.series.interval)
    close = f"{price_text(signal.close)} as traded"
    if len(bars) > 1:
        close += f", {change_text(float(bars.close[-1] / bars.close[-2]) - 1)} on the {unit} before"
    parameters = json.loads(signal.strategy.params)
    return {
        "Close": close,
        f"Last {unit} before the post" if signal.post else unit.capitalize(): (
            f"{signal.opened_at:%A}, {signal.period} ({signal.instrument.venue})"
        ),
        **({"Prices": MADE_UP} if venue_of(signal.instrument.venue).made_up else {}),
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
    symbol, strategy, unit = signal.instrument, signal.strategy.name, _unit(signal.series.interval)
    match signal.side:
        case Side.BUY:
            return (
                f"A paper account that follows {strategy} on {symbol} buys at the open of the next {unit}, if its "
                "cash and its limits allow. No real money moves."
            )
        case Side.SELL:
            return (
                f"A paper account that follows {strategy} on {symbol} sells what {strategy} bought of it, if anything, "
                f"at the open of the next {unit}. No real money moves."
            )
    return "Nothing is ordered."


def _closes(bars: Bars, lines: Mapping[str, Floats]) -> list[list[str]]:
    rows = [[_unit(bars.interval).capitalize(), "Close", *lines, "Volume"]]
    for i in range(len(bars)):
        watched = ("-" if np.isnan(values[i]) else price_text(float(values[i])) for values in lines.values())
        rows.append([bars.period(i), price_text(float(bars.close[i])), *watched, f"{bars.volume[i]:,.0f}"])
    return rows
