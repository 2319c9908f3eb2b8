"""Airflow as `make run` starts it: the real scheduler takes a session from bars to mails."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from algo_trading.bootstrap import App
from algo_trading.domain.notice import NoticeKind, NoticeStatus
from algo_trading.domain.signal import Side
from algo_trading.launcher.airflow import Airflow
from algo_trading.launcher.text_runs import FOLLOWERS, HEADS
from support.airflow_stack import (
    CHAIN,
    DAY,
    Stack,
    content,
    read_text,
    require_up,
    runs_of,
    session_of,
    wait_for,
    work_through,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400), pytest.mark.xdist_group("airflow")]

TEXT = (*HEADS.values(), *FOLLOWERS)


def test_text_and_a_session_pass_once_and_again(airflow_at_work: Stack) -> None:
    """One story, because starting Airflow takes a quarter of a minute."""
    airflow, application = airflow_at_work
    require_up(airflow)
    before = content(application)
    assert before[0].latest_partition == str(DAY)
    on_posts = [signal for signal in application.signals.newest(100) if signal.post]
    assert before[0].rows["indicators"] == 5
    assert {account.name: account.cursor for account in before[0].accounts}["paper"] == str(DAY)
    assert runs_of(airflow.api, DAY) == {dag: ["success"] for dag in CHAIN}
    assert not work_through(airflow, [DAY]), "what is done is not done again"
    assert not airflow.start(lambda _: None), "a second start changes nothing"

    assert {(str(s.instrument), s.side, str(application.levels.of(s.confidence))) for s in on_posts} == {
        ("AAPL", Side.BUY, "medium"),
        ("MSFT", Side.BUY, "high"),
    }
    posts_lead_to_a_mail_and_an_order(application)
    assert not read_text(airflow), "text is not read again"

    for dag in TEXT:
        airflow.api.post(f"/dags/{dag}/dagRuns", {"logical_date": None})
    wait_for(lambda: no_backfill_goes_on(airflow))
    backfill_from_the_command_line("completed")
    wait_for(lambda: runs_of(airflow.api, DAY) == {dag: ["success", "success"] for dag in CHAIN})
    wait_for(lambda: text_states(airflow) == {"success"})
    # The post of 2013-02-26 had waited for the bars of the session before it.
    status, orders = before
    status = replace(status, rows={**status.rows, "signals": status.rows["signals"] + 1})
    assert content(application) == (status, orders), "what runs again adds a run and no other row"


def posts_lead_to_a_mail_and_an_order(application: App) -> None:
    """Both are mailed; the one that is sure enough is bought at the next open, with its reason."""
    status = content(application)[0]
    assert (status.rows["posts"], status.rows["articles"], status.rows["mentions"]) == (25, 28, 50)
    assert status.rows["signals"] > 6 + 2
    told = [notice for notice in application.outbox.notices() if notice.content.kind is NoticeKind.SIGNAL]
    assert [notice.status for notice in told] == [NoticeStatus.SENT, NoticeStatus.SENT]
    assert status.outbox["pending"] == 0
    (order,) = application.accounts.orders("paper")
    assert (order.strategy.name, str(order.series), order.status) == ("influencer_mention", "MSFT", "filled")
    assert order.reason.startswith("an influencer mentioned it (confidence 0.9")
    (execution,) = application.accounts.executions("paper")
    assert execution.at == session_of(DAY).starts_at
    mails = [path.read_text() for path in (application.settings.home / "maildir" / "new").iterdir()]
    lines = [line for mail in mails for line in mail.splitlines() if line.startswith("Subject: ") and "BUY " in line]
    assert sorted(line.split(" at ")[0].partition("BUY ")[2] for line in lines) == ["AAPL", "MSFT"]


def text_states(airflow: Airflow) -> set[str]:
    """The states of all runs of the text flow."""
    return {
        run["state"] for dag in TEXT for run in airflow.api.every(f"/dags/{dag}/dagRuns", "dag_runs", order_by="id")
    }


def no_backfill_goes_on(airflow: Airflow) -> bool:
    """The scheduler looks every half minute whether one is completed, and takes no other one before."""
    found = airflow.api.every("/backfills", "backfills", dag_id=CHAIN[0])
    return all(backfill["completed_at"] for backfill in found)


def backfill_from_the_command_line(behaviour: str) -> None:
    """As a user does it, in the environment that the fixture has set."""
    program = Path(sys.executable).parent / "algo-trading"
    days = [f"--from-date={DAY}", f"--to-date={DAY}", f"--reprocess-behavior={behaviour}", f"--dag-id={CHAIN[0]}"]
    finished = subprocess.run(
        [program, "airflow", "backfill", "create", *days], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr[-1000:]
