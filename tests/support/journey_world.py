"""An installation that people meet for the first time: history, strategies, an account on paper, a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from algo_trading.bootstrap import App
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.user import Role
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.watchlists import SetupChanges
from contracts.accounts import an_account, opening
from fakes.clock import FakeClock
from support.browser import address_of, bound_socket, serving
from support.smtp_server import Mailbox, smtp_server
from support.web_site import OWNER, PASSWORD, application_on, pages_of

if TYPE_CHECKING:
    from support.postgres_server import TestServer

HISTORY = date(2012, 11, 1)
START = datetime(2013, 2, 5, 12, tzinfo=UTC)
ACCOUNT = "paper"


@dataclass(frozen=True)
class Plot:
    """A stock of the packaged sample, the session in which it is bought, and the averages whose crossing says so."""

    symbol: str
    day: date
    fast: int
    slow: int

    @property
    def series(self) -> Series:
        """Its daily bars."""
        return Series(Instrument(self.symbol))

    @property
    def strategy(self) -> StrategyId:
        """The crossing, without a filter."""
        return StrategyId("sma_cross", f'{{"fast":{self.fast},"slow":{self.slow},"trend":0}}')


PLOTS = {"desk": Plot("IBM", date(2013, 2, 5), 3, 7), "phone": Plot("AAPL", date(2013, 2, 6), 5, 10)}


@dataclass(frozen=True)
class JourneyWorld:
    """What people find, at an address; the mails that they get."""

    application: App
    clock: FakeClock
    url: str
    mailbox: Mailbox

    def begin(self, plot: Plot) -> None:
        """It is noon before the close of the session."""
        self.clock.move(midnight(plot.day) + timedelta(hours=12) - self.clock.now())

    def run(self, plot: Plot) -> None:
        """The sessions up to the plot's close, and their periods run, from the bars to the orders and mails."""
        application, calendar = self.application, self.application.calendars("XNYS")
        for day in sorted(one.day for one in PLOTS.values() if one.day <= plot.day):
            period = calendar.period(Interval.DAY, midnight(day))
            self.clock.move(period.closed_at + timedelta(minutes=20) - self.clock.now())
            application.run_period()(application.watchlists.get("stocks"), period)

    def mail(self, address: str) -> EmailMessage:
        """The newest mail to an address, once all that waits is sent."""
        self.application.deliver_notices()()
        return next(
            mail for mail, to in zip(self.mailbox.mails[::-1], self.mailbox.recipients[::-1], strict=True)
            if to == [address]
        )  # fmt: skip


@contextmanager
def a_world(postgres: TestServer, home: Path) -> Iterator[JourneyWorld]:
    """Stocks of the sample with their history up to the first plot, watched and traded; an owner, and nobody else."""
    from algo_trading.adapters.postgres.database import Database

    with (
        postgres.own_database() as url, smtp_server(None) as mailbox, bound_socket() as listening,
        pytest.MonkeyPatch.context() as patch,
    ):  # fmt: skip
        address = address_of(listening)
        for name, value in {
            "HOME": str(home), "DATABASE_URL": url, "CHANNEL": "smtp", "WEB__URL": address,
            "PEOPLE__JOINING": "accepted", "CHANNELS__SMTP__HOST": "127.0.0.1",
            "CHANNELS__SMTP__PORT": str(mailbox.port), "CHANNELS__SMTP__STARTTLS": "false",
        }.items():  # fmt: skip
            patch.setenv(f"ALGO_{name}", value)
        database = Database(url)
        try:
            application = application_on(database)
            application.clock = clock = FakeClock(START)
            _fill(application)
            with serving(pages_of(application), listening):
                yield JourneyWorld(application, clock, address, mailbox)
        finally:
            database.close()


def _fill(application: App) -> None:
    plots = PLOTS.values()
    application.manage_users().add("setup", OWNER, Role.OWNER, "owner@example.com", PASSWORD)
    watchlist = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), tuple(plot.symbol for plot in plots))
    assignments = tuple(Assignment(plot.strategy, plot.series, "stocks", ACCOUNT, OWNER) for plot in plots)
    application.setup.change(SetupChanges(watchlists=(watchlist,), assignments=assignments))
    rules = AccountRules(approve_above=Decimal(100), approval_hours=72)
    application.accounts.open(opening(an_account(ACCOUNT, start=midnight(START.date()), rules=rules)))
    last = midnight(START.date() - timedelta(days=1))
    application.load_history()(application.source("sample"), midnight(HISTORY), last, [plot.series for plot in plots])
