"""Accounts move session by session, each exactly once."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from algo_trading.calendars import market_calendar
from algo_trading.domain.account import Account, OrderStatus
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.repositories.accounts import AccountRepository, AccountStep, LockedAccount
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.signals import SessionLog, SignalRepository, Stage
from algo_trading.risk.costs import Costs
from algo_trading.risk.sizing import SizingRules
from algo_trading.services.paper_session import Quote, SessionInputs, advance, price

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
    costs: Costs
    sizing: SizingRules

    def __call__(self) -> list[ExecuteReport]:
        """Move every account as far as it goes; each session is one transaction under the account's lock."""
        return [self._advance(name) for name in self.accounts.names()]

    def _advance(self, name: str) -> ExecuteReport:
        steps: list[AccountStep] = []
        while (step := self._step(name)) is not None:
            steps.append(step)
        orders = [(step.account.cursor, order) for step in steps for order in step.orders]
        return ExecuteReport(
            account=name,
            sessions=tuple(step.account.cursor for step in steps if step.account.cursor),
            ordered=sum(order.decided_session == session for session, order in orders),
            filled=sum(len(step.fills) for step in steps),
            refused=sum(order.status is OrderStatus.REFUSED for _, order in orders),
        )

    def _step(self, name: str) -> AccountStep | None:
        with self.accounts.locked(name) as locked:
            session = next_session(locked.account.venue, locked.account.start, locked.account.cursor)
            if not self.sessions.reached(locked.account.venue, session, Stage.DECIDED):
                return None
            return self._store(locked, session)

    def _store(self, locked: LockedAccount, session: date) -> AccountStep:
        account = locked.account
        signals = self.signals.of_session(account.venue, session)
        concerned = sorted(set(_instruments(account)) | {signal.instrument for signal in signals})
        before = account.cursor or session - timedelta(days=1)
        inputs = SessionInputs(
            session=session,
            quotes=self._quotes(concerned, session),
            actions=self.actions.read(concerned, session, before + timedelta(days=1)),
            signals=signals,
        )
        step = advance(account, inputs, self.costs, self.sizing)
        locked.store(step)
        return step

    def _quotes(self, instruments: Sequence[Instrument], session: date) -> dict[Instrument, Quote]:
        table = self.bars.read(instruments, Interval.DAY, session - LAST_CLOSE, session)
        series = split_by_instrument(table, Interval.DAY)
        silent = [instrument for instrument, bars in series.items() if bars.session(-1) != session]
        since = self.actions.read(silent, session, session - LAST_CLOSE) if silent else []
        return {
            instrument: _quote(bars, session, [action for action in since if action.instrument == instrument])
            for instrument, bars in series.items()
        }


def _quote(bars: Bars, session: date, actions: Sequence[CorporateAction]) -> Quote:
    """Prices of `session`, or the last close before, of the shares that splits have made of it since."""
    last = bars.session(-1)
    ratio = math.prod(a.value for a in actions if a.kind is ActionKind.SPLIT and a.ex_date > last)
    traded = last == session and bars.volume[-1] > 0 and bars.open[-1] > 0
    return Quote(price(float(bars.open[-1])), price(float(bars.close[-1]) / ratio), bool(traded))


def next_session(venue: str, start: date, cursor: date | None) -> date:
    """The session after `cursor`, or the first one not before `start`."""
    calendar = market_calendar(venue)
    if cursor is not None:
        return calendar.next(cursor).date
    return start if calendar.is_session(start) else calendar.next(start).date


def _instruments(account: Account) -> Iterator[Instrument]:
    yield from (position.instrument for position in account.positions)
    yield from (order.instrument for order in account.pending)
