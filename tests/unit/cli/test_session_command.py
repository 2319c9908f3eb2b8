"""What `run-session` says of mails that did not go out."""

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from algo_trading.cli import output
from algo_trading.cli.sessions import _print, _summary, troubles
from algo_trading.domain.time import Interval
from algo_trading.services.annotate_posts import AnnotateReport
from algo_trading.services.collect import CollectReport
from algo_trading.services.deliver import DeliveryReport
from algo_trading.services.evaluate import EvaluateReport
from algo_trading.services.ingest import IngestReport
from algo_trading.services.run_period import PeriodReport
from algo_trading.services.run_text import TextReport

pytestmark = pytest.mark.unit

REFUSED = DeliveryReport(sent=1, failed=2, refusals={"550 no such user": 2})
OTHER = DeliveryReport(failed=1, refusals={"b": 1})
AWAY = DeliveryReport(retried=3, error="the mail server is away")


def report(delivered: DeliveryReport) -> PeriodReport:
    return PeriodReport(
        watchlist="us_stocks",
        interval=Interval.DAY,
        session="2013-01-02",
        ingested=IngestReport(),
        indicators=0,
        text=TextReport(CollectReport(), AnnotateReport(0, 0), EvaluateReport(0, 0, ())),
        decided=EvaluateReport(0, 0, ()),
        accounts=(),
        queued=0,
        delivered=delivered,
    )


@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        ([], []),
        ([DeliveryReport(sent=3)], []),
        ([REFUSED], ["2 mails failed for good: 550 no such user"]),
        ([OTHER, AWAY], ["the mail server is away", "1 mail failed for good: b"]),
        ([REFUSED, REFUSED, OTHER], ["5 mails failed for good: 550 no such user; b"]),
    ],
)
def test_a_mail_that_failed_or_waits_is_trouble(deliveries: list[DeliveryReport], expected: list[str]) -> None:
    assert troubles(deliveries) == expected


def test_failed_mails_are_counted_and_their_reasons_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", Console(width=150, highlight=False))
    summary: dict[str, Any] = _summary(
        [report(OTHER), report(REFUSED), report(DeliveryReport(sent=4)), report(REFUSED)]
    )
    assert summary["sent"] == 6
    assert list(summary["mail_errors"].items()) == [("550 no such user", 4), ("b", 1)]
    _print(summary)
    printed = capsys.readouterr()
    assert "mails failed" in printed.out
    assert "warning: 4 x 550 no such user" in printed.err


def test_strategies_that_failed_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    failed = EvaluateReport(3, 3, (), failed=("ema_cross IBM: ZeroDivisionError: no volume",))
    _print(_summary([replace(report(DeliveryReport()), decided=failed)]))
    said = " ".join(capsys.readouterr().err.split())
    assert "2013-01-02 ema_cross IBM: ZeroDivisionError: no volume: no signal; the others are decided" in said
