"""What `run-session` says of mails that did not go out."""

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from algo_trading.cli import output
from algo_trading.cli.sessions import _print, _summary, passed_over, troubles
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.queries.status import AccountStatus, ClockStatus
from algo_trading.services.annotate_posts import AnnotateReport
from algo_trading.services.collect import CollectReport
from algo_trading.services.deliver import DeliveryReport
from algo_trading.services.dispatch import DispatchReport
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


SERIES = Series(Instrument("ACME", "XNYS"), Interval.DAY)
MINE = Assignment(StrategyId("sma_cross", "fast=5"), SERIES, "mine", "paper", "")


def status(cursor: str | None, waits_for: str, name: str = "paper") -> AccountStatus:
    clock = ClockStatus("XNYS", "1d", cursor, waits_for)
    return AccountStatus(name, "paper", "USD", "paper", "", cursor, waits_for, "0", "0", {}, (clock,))


def session(key: str, new: int = 1, *moved: str) -> PeriodReport:
    accounts = (DispatchReport("paper", moved), DispatchReport("other"))
    return replace(report(DeliveryReport()), session=key, decided=EvaluateReport(new, new, ()), accounts=accounts)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (status("2013-03-01", "2013-03-04"), "it stands at 2013-03-01 and goes on with 2013-03-04; run the sessions"),
        (
            status(None, "2013-03-04"),
            "it has not begun and goes on with 2013-03-04; run the sessions from there on, or",
        ),
        (
            status(None, "2026-11-23"),
            "it takes part from 2026-11-23 on, and earlier sessions are not traded any more; ",
        ),
        (status("2026-01-02", "2026-01-05"), "it stands at 2026-01-02 already, and earlier sessions are not traded"),
        (status("2025-09-02", "2025-09-03"), "it waits for 2025-09-03, which not every watchlist of XNYS 1d has"),
    ],
)
def test_an_account_that_ordered_nothing_says_why_and_what_helps(account: AccountStatus, expected: str) -> None:
    reports = [session("2025-09-02"), session("2025-09-03", 0)]
    (sentence,) = passed_over(reports, {"us_stocks": "XNYS"}, [MINE], [account, status(None, "2013-01-02", "idle")])
    assert sentence.startswith(f"account paper ordered nothing: {expected}")
    if "begin" in expected or "stands" in expected or "takes" in expected:
        assert "`algo-trading account reset paper --start 2025-09-02 --yes-really`" in sentence


def test_nothing_is_said_where_an_account_moved_trades_other_bars_or_nothing_is_new() -> None:
    venues, behind = {"us_stocks": "XNYS"}, [status("2013-03-01", "2013-03-04")]
    assert passed_over([session("2025-09-02", 1, "2025-09-02")], venues, [MINE], behind) == []
    assert passed_over([session("2025-09-02", 0)], venues, [MINE], behind) == []
    assert passed_over([session("2025-09-02")], venues, [], behind) == []
    assert passed_over([session("2025-09-02")], {"us_stocks": "DEMO"}, [MINE], behind) == []
