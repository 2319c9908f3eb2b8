"""Accounts move session by session, each exactly once."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from algo_trading.calendars import market_calendar
from algo_trading.domain.account import Account, OrderStatus
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.post import PostKey
from algo_trading.domain.signal import Signal
from algo_trading.domain.times import array_time, moment_of
from algo_trading.repositories.accounts import AccountRepository, AccountStep, LockedAccount
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.signals import SessionLog, SignalRepository, Stage
from algo_trading.services.paper_session import Desk, Offer, Quote, SessionInputs, advance, price

LAST_CLOSE = timedelta(days=370)  # how far back the last close of an instrument without a bar today is looked for


@dataclass(frozen=True)
class ExecuteReport:
    """How far an account was moved and what that did: orders decided, filled and refused in these sessions."""

    account: str
    sessions: tuple[date, ...]
    ordered: int
    filled: int
    refused: int


@dataclass(frozen=True)
class ExecuteSignals:
    """Advance every account through the decided sessions after its cursor.

    It stops before the first session that is not decided yet, so runs that finish out of order, or many sessions
    backfilled at once, end in the same state. Sessions before an account's start, or behind its cursor, never trade.
    """

    accounts: AccountRepository
    sessions: SessionLog
    signals: SignalRepository
    bars: BarRepository
    actions: CorporateActionRepository
    posts: PostRepository
    desk: Desk

    def __call__(self) -> list[ExecuteReport]:
        """Move every account as far as it goes; each session is one transaction under the account's lock."""
        return [self._advance(name) for name in self.accounts.names()]

    def _advance(self, name: str) -> ExecuteReport:
        steps: list[AccountStep] = []
        waiting = {order.client_order_id for order in self.accounts.get(name).pending}
        while (step := self._step(name)) is not None:
            steps.append(step)
        orders = [order for step in steps for order in step.orders]
        return ExecuteReport(
            account=name,
            sessions=tuple(step.account.cursor for step in steps if step.account.cursor),
            ordered=len({order.client_order_id for order in orders} - waiting),
            filled=sum(len(step.fills) for step in steps),
            refused=sum(order.status is OrderStatus.REFUSED for order in orders),
        )

    def _step(self, name: str) -> AccountStep | None:
        with self.accounts.locked(name) as locked:
            session = next_session(locked.account.venue, locked.account.start, locked.account.cursor)
            if not self.sessions.reached(locked.account.venue, session, Stage.DECIDED):
                return None
            return self._store(locked, session)

    def _store(self, locked: LockedAccount, session: date) -> AccountStep:
        account = locked.account
        calendar = market_calendar(account.venue)
        today, before = calendar.session(session), calendar.previous(session)
        signals = self.signals.of_session(account.venue, session)
        on_posts = self.signals.on_posts(account.venue, before.opens_at, today.opens_at)
        concerned = sorted(set(_instruments(account)) | {signal.instrument for signal in (*signals, *on_posts)})
        table = self.bars.read(concerned, Interval.DAY, session - LAST_CLOSE, session)
        series = split_by_instrument(table, Interval.DAY)
        actions = self.actions.read(concerned, session, session - LAST_CLOSE)
        since = account.cursor or session - timedelta(days=1)
        inputs = SessionInputs(
            session=session,
            quotes={i: _quote(bars, session, _of(i, actions)) for i, bars in series.items()},
            actions=[action for action in actions if action.ex_date > since],
            at_close=[Offer(signal, today.closes_at, signal.close, today.closes_at) for signal in signals],
            on_posts=[
                offer
                for signal in on_posts
                if signal.instrument in series
                and (offer := self._offer(signal, series[signal.instrument], _of(signal.instrument, actions), session))
            ],
        )
        step = advance(account, inputs, self.desk)
        locked.store(step)
        return step

    def _offer(self, signal: Signal, bars: Bars, actions: Sequence[CorporateAction], session: date) -> Offer | None:
        """A signal on a post, with the newest close before `session` and the one when the post was published."""
        post = self.posts.find(PostKey.parse(signal.post))
        known = bars[: int(np.searchsorted(bars.sessions, np.datetime64(session, "D")))]
        if post is None or signal.available_at is None or not len(known):
            return None
        closes = adjusted(known, [action for action in actions if action.kind is ActionKind.SPLIT]).close
        published = array_time(post.published_at)
        seen = int(np.searchsorted(known.closed_at, published, side="right"))
        return Offer(
            signal,
            decided_at=signal.available_at,
            price=float(closes[-1]),
            priced_at=moment_of(known.closed_at[-1]),
            price_before=float(closes[seen - 1]) if seen else None,
        )


def _of(instrument: Instrument, actions: Sequence[CorporateAction]) -> list[CorporateAction]:
    return [action for action in actions if action.instrument == instrument]


def _quote(bars: Bars, session: date, actions: Sequence[CorporateAction]) -> Quote:
    """Prices of `session`, or the last close before, of the shares that splits have made of it since."""

    def close(index: int) -> Decimal:
        later = (a.value for a in actions if a.kind is ActionKind.SPLIT and a.ex_date > bars.session(index))
        return price(float(bars.close[index]) / math.prod(later))

    today = bars.session(-1) == session
    traded = bool(today and bars.volume[-1] > 0 and bars.open[-1] > 0)
    first = price(float(bars.open[-1]))
    previous = close(-2 if today else -1) if len(bars) > today else first
    return Quote(first, close(-1), traded, previous)


def next_session(venue: str, start: date, cursor: date | None) -> date:
    """The session after `cursor`, or the first one not before `start`."""
    calendar = market_calendar(venue)
    if cursor is not None:
        return calendar.next(cursor).date
    return start if calendar.is_session(start) else calendar.next(start).date


def _instruments(account: Account) -> Iterator[Instrument]:
    yield from (position.instrument for position in account.positions)
    yield from (order.instrument for order in account.pending)
