"""One signal to very many subscribers: queued in PostgreSQL, and delivered to an SMTP server on this machine.

The peer is the loop that everybody writes: a ready message, its recipient changed, over a connection of its own.
"""

import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import psutil
from sqlalchemy import text

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.adapters.postgres.notices import PostgresNoticeQueue
from algo_trading.adapters.postgres.outbox import PostgresOutbox
from algo_trading.adapters.postgres.periods import PostgresPeriodLog
from algo_trading.adapters.postgres.schema import metadata
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.adapters.postgres.subscriptions import PostgresSubscriptions
from algo_trading.adapters.smtp import SmtpChannel, SmtpConfig
from algo_trading.calendars import trading_calendar
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.post import Levels
from algo_trading.domain.watchlist import Assignment
from algo_trading.gateways.clock import SystemClock
from algo_trading.notification.rendering import Rendering
from algo_trading.repositories.periods import Stage
from algo_trading.services.deliver import DeliverNotices
from algo_trading.services.notify import QueueNotices
from bench.measure import Contender, Goal, Progress, Result, Timing, measure
from fakes.assignments import FakeAssignments
from support.mail_examples import SENDER, ibm_mail, ibm_notice, ibm_signal

SUBSCRIBERS = 100_000
DELIVERED = 2_000
BY_LOOP = 200
ROUNDS = 3
IDLE_PASSES = 20
START = datetime(2013, 1, 1, tzinfo=UTC)


class ReadySignal:
    """Renders the signal of the examples; reading its bars is the same for one recipient and for all."""

    def begin(self) -> Callable[[Content], Rendering]:
        """What renders it."""
        return lambda _content: ibm_notice().rendering()


@dataclass(frozen=True)
class Setting:
    """A database with subscribers and a signal, and an SMTP server."""

    database: Database
    queue: QueueNotices
    deliver: DeliverNotices
    port: int
    server: psutil.Process

    def execute(self, statement: str, **values: object) -> None:
        """Run a statement."""
        with self.database.engine.begin() as connection:
            connection.execute(text(statement), values)

    def processor_time(self) -> float:
        """Seconds that this process and the database have worked."""
        backends = [process.cpu_times() for process in (self.server, *self.server.children())]
        return time.process_time() + sum(times.user + times.system for times in backends)

    def subscribe(self, count: int) -> None:
        """Let `count` addresses, and nobody else, subscribe to everything; no notice and no period is left."""
        self.execute("TRUNCATE notices, notice_contents, subscriptions, periods")
        self.execute(
            "INSERT INTO subscriptions (address, channel, symbol, strategy, venue, start) "
            "SELECT 'reader' || n || '@example.org', '', '*', '*', '*', :start FROM generate_series(1, :count) n",
            start=START,
            count=count,
        )
        self.execute("ANALYZE subscriptions")
        self.decide()

    def decide(self) -> None:
        """The period of the signal is decided."""
        PostgresPeriodLog(self.database).mark(
            "stocks", ibm_signal().series.interval, ibm_signal().opened_at, Stage.DECIDED
        )

    def again(self) -> None:
        """Every notice waits for its delivery."""
        self.execute("UPDATE notices SET status = 'pending', sent_at = NULL")


@contextmanager
def smtp_sink() -> Iterator[int]:
    """The port of an SMTP server in a process of its own that accepts everything."""
    sink = [sys.executable, str(Path(__file__).with_name("smtp_sink.py"))]
    with subprocess.Popen(sink, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def a_setting() -> Iterator[Setting]:
    """Everything on servers of its own, which are gone afterwards. A configured database is never touched."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder, smtp_sink() as port:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        server = EmbeddedPostgres(Path(folder))
        server.start()
        database = Database(server.url())
        try:
            metadata.create_all(database.engine)
            with database.engine.connect() as connection:
                pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            postmaster = psutil.Process(pid).parent()
            assert postmaster is not None
            yield Setting(database, *services(database, port), port, postmaster)
        finally:
            database.close()
            server.stop()


def services(database: Database, port: int) -> tuple[QueueNotices, DeliverNotices]:
    """The two services on the servers; the signal is stored."""
    signal, signals, outbox = ibm_signal(), PostgresSignals(database), PostgresOutbox(database)
    signals.add([signal])
    queue = QueueNotices(
        PostgresSubscriptions(database),
        PostgresNoticeQueue(database),
        signals,
        FakeAssignments([Assignment(signal.strategy, signal.series, "stocks", "paper", "owner")]),
        Levels(0.4, 0.7),
        trading_calendar,
        2 * SUBSCRIBERS,
    )
    channel = SmtpChannel(SmtpConfig(host="127.0.0.1", port=port, user="", starttls=False))
    renderers = {NoticeKind.SIGNAL: ReadySignal()}
    return queue, DeliverNotices(outbox, renderers, lambda _name: channel, SystemClock(), SENDER)


def benchmark(progress: Progress) -> list[Result]:
    """Queue, then deliver."""
    progress("starting PostgreSQL")
    with a_setting() as setting:
        return [queued(setting, progress), delivered(setting, progress)]


def queued(setting: Setting, progress: Progress) -> Result:
    """One signal to every subscriber, and passes with nothing to do."""
    progress("queueing")
    setting.subscribe(SUBSCRIBERS)
    begin, worked = time.perf_counter(), setting.processor_time()
    assert setting.queue() == SUBSCRIBERS
    took, worked = time.perf_counter() - begin, setting.processor_time() - worked
    idle_begin, idle_worked = time.perf_counter(), setting.processor_time()
    for _ in range(IDLE_PASSES):
        assert setting.queue() == 0
    idle = (time.perf_counter() - idle_begin) / IDLE_PASSES
    idle_worked = (setting.processor_time() - idle_worked) / IDLE_PASSES
    return Result(
        "Queue a signal for its subscribers",
        f"{SUBSCRIBERS:,} subscriptions",
        [Timing("queue", SUBSCRIBERS, (took,)), Timing("nothing to do", SUBSCRIBERS, (idle,))],
        [
            Goal("seconds of processor time to queue it", 30, worked, at_most=True),
            Goal("milliseconds of processor time of a pass with nothing to do", 50, idle_worked * 1e3, at_most=True),
        ],
        beside_peers=False,
    )


def delivered(setting: Setting, progress: Progress) -> Result:
    """To an SMTP server in another process."""
    setting.subscribe(DELIVERED)
    assert setting.queue() == DELIVERED

    mail = ibm_mail("0" * 32).content

    def ours() -> None:
        assert setting.deliver().sent == DELIVERED

    timings = measure(
        [
            Contender("ours", ours, DELIVERED, setting.again),
            Contender(
                "smtplib, a connection for each mail", lambda: by_loop(setting.port, mail), BY_LOOP, lambda: None
            ),
        ],
        ROUNDS,
        progress,
        warm_up=False,
    )
    return Result(
        "Deliver a signal over SMTP",
        f"{DELIVERED:,} mails of {len(mail):,} bytes, by the loop {BY_LOOP:,}",
        timings,
        [Goal("times the loop", 5, timings[0].rate / timings[1].rate)],
    )


def by_loop(port: int, mail: bytes, count: int = BY_LOOP) -> None:
    """One ready message to one recipient after the other."""
    message = message_from_bytes(mail, policy=policy.SMTP)
    for number in range(count):
        del message["To"], message["Message-ID"]
        message["To"] = f"reader{number}@example.org"
        message["Message-ID"] = f"<{number:032}@localhost>"
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(message)
