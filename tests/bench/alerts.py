"""High scores to very many subscribers: told, queued and delivered to an SMTP server on this machine.

Scores of a few pairs come in, each reaches the threshold of everyone who asked for it, and each alert is rendered with
its table, its attachment and a picture of the pair's last candles. BENCH_ALERTS=1000 takes fewer subscribers.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psutil
from sqlalchemy import text

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.outbox import PostgresOutbox
from algo_trading.adapters.postgres.score_alerts import PostgresScoreAlerts
from algo_trading.adapters.postgres.scores import PostgresThresholds
from algo_trading.adapters.smtp import SmtpChannel, SmtpConfig
from algo_trading.bootstrap import bootstrap
from algo_trading.domain.bars import COLUMNS, Bars, Floats
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.score_alert import ScoreAlert, ScoreSide
from algo_trading.domain.scores import PairScore
from algo_trading.domain.time import Interval, array_time
from algo_trading.gateways.channels import Mail
from algo_trading.gateways.clock import SystemClock
from algo_trading.notification.mail import MailForm, sender_address
from algo_trading.notification.score_alert import PastScores, ScoreAlertRenderer
from algo_trading.notification.score_chart import draw_scores
from algo_trading.services.deliver import DeliverNotices
from algo_trading.services.record_scores import RecordScores
from bench.measure import Goal, Progress, Result, Timing
from bench.notices import by_loop, smtp_sink
from bench.period import embedded_server, server_process
from contracts.scores import a_score
from support.mail_examples import SENDER

SUBSCRIBERS = int(os.environ.get("BENCH_ALERTS", "10000"))
PAIRS = 20
BY_LOOP = 500
CANDLES = 2_000
THRESHOLD, SCORE = 3, 9
AT = datetime(2026, 11, 20, 22, tzinfo=UTC)


@dataclass(frozen=True)
class ReadyScores:
    """In the place of the scores that candles are turned into."""

    scores: Mapping[Instrument, PairScore]

    def __call__(self, instrument: Instrument, *_: object) -> PairScore:
        """The score of a pair."""
        return self.scores[instrument]


def past(score: PairScore, threshold: int) -> PastScores:
    """Draws made-up candles, as those of the pair would be."""
    random = np.random.default_rng(0)
    closes: Floats = 100 + random.normal(0, 1, CANDLES).cumsum()
    prices: dict[str, Any] = dict.fromkeys(COLUMNS, closes)
    opened = array_time(AT) - np.arange(CANDLES, 0, -1) * np.timedelta64(5, "m")
    bars = Bars(score.instrument, Interval.MINUTE_5, opened, opened + np.timedelta64(5, "m"), **prices)
    points = random.integers(0, score.maximum, CANDLES)
    return PastScores(draw_scores(bars, points, points, score.maximum, threshold), AT.date(), 0.01, 0.02)


def benchmark(progress: Progress) -> list[Result]:
    """Tell, queue, deliver."""
    with embedded_server() as server, smtp_sink() as port, bootstrap(url=server.url()) as application:
        database = application.database
        process = psutil.Process(server_process(server))
        _subscribe(database)
        progress("telling")
        begin, worked = time.perf_counter(), _worked(process)
        record = RecordScores(ReadyScores(_scores()), PostgresScoreAlerts(database), PostgresThresholds(database))  # type: ignore[arg-type]  # a stand-in
        report = record([(pair, ()) for pair in _scores()], AT)
        assert report.notices == SUBSCRIBERS
        queued, queued_work = time.perf_counter() - begin, _worked(process) - worked
        channel = SmtpChannel(SmtpConfig(host="127.0.0.1", port=port, user="", starttls=False))
        renderers = {NoticeKind.SCORE: ScoreAlertRenderer(past)}
        deliver = DeliverNotices(PostgresOutbox(database), renderers, lambda _name: channel, SystemClock(), SENDER)
        progress("delivering")
        begin, worked = time.perf_counter(), _worked(process)
        assert deliver().sent == SUBSCRIBERS
        took, work = time.perf_counter() - begin, _worked(process) - worked
        mail = _mail()
        progress("smtplib's loop")
        begin, loop_work = time.perf_counter(), time.process_time()
        by_loop(port, mail.content, BY_LOOP)
        by_peer, loop_work = time.perf_counter() - begin, time.process_time() - loop_work
    return [
        Result(
            "Score alerts over SMTP",
            f"{SUBSCRIBERS:,} subscribers of {PAIRS} pairs, {len(mail.content):,} bytes a mail; {BY_LOOP} by the loop",
            [
                Timing("delivered", SUBSCRIBERS, (took,)),
                Timing("smtplib, a connection for each mail", BY_LOOP, (by_peer,)),
                Timing("told and queued", SUBSCRIBERS, (queued,)),
            ],
            [
                Goal("mails a second", 300, SUBSCRIBERS / took),
                Goal("mails for each second of processor time, the database's included", 300, SUBSCRIBERS / work),
                Goal("times the loop", 1, SUBSCRIBERS / took / (BY_LOOP / by_peer)),
            ],
            _notes(work, queued_work, loop_work),
        )
    ]


def _notes(work: float, queued: float, loop: float) -> Sequence[str]:
    first = f"processor time of a mail: {work / SUBSCRIBERS * 1e3:.2f} ms, by the loop {loop / BY_LOOP * 1e3:.2f} ms"
    second = f"to tell and queue an alert {queued / SUBSCRIBERS * 1e3:.2f} ms; load average {os.getloadavg()[0]:.1f}"
    return [f"{first}; {second}"]


def _scores() -> dict[Instrument, PairScore]:
    pairs = [Instrument(f"BENCH{number}USDT", "24/7") for number in range(PAIRS)]
    return {pair: replace(a_score(pair=pair), bull=SCORE, at=AT - timedelta(minutes=1)) for pair in pairs}


def _mail() -> Mail:
    score = next(iter(_scores().values()))
    alert = ScoreAlert(ScoreSide.BULL, THRESHOLD, tuned=False, score=score)
    content = Content(NoticeKind.SCORE, alert.key, AT, alert.details)
    form = MailForm(ScoreAlertRenderer(past).begin()(content), sender_address(SENDER))
    return form.fill("reader@example.org", "0" * 32, AT)


def _subscribe(database: Database) -> None:
    statement = """
        INSERT INTO score_subscriptions (address, channel, symbol, venue, threshold, bull, bear)
        SELECT 'reader' || n || '@example.org', '', 'BENCH' || n % :pairs || 'USDT', '24/7', :threshold, 0, 0
        FROM generate_series(1, :count) n
    """
    with database.engine.begin() as connection:
        connection.execute(text(statement), {"pairs": PAIRS, "threshold": THRESHOLD, "count": SUBSCRIBERS})


def _worked(server: psutil.Process) -> float:
    """Seconds that this process and the database have worked."""
    backends = [process.cpu_times() for process in (server, *server.children())]
    return time.process_time() + sum(times.user + times.system for times in backends)
