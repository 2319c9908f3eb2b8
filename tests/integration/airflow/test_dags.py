"""Every DAG imported and run by Airflow itself, twice, over an embedded PostgreSQL."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from algo_trading.bootstrap import App, bootstrap, embedded_postgres
from algo_trading.calendars import trading_calendar
from algo_trading.domain.time import Interval, midnight
from algo_trading.launcher.airflow import METADATA_DATABASE
from algo_trading.launcher.airflow_config import AirflowConfig, checkout_folder
from algo_trading.launcher.dag_ids import every_dag
from algo_trading.settings import load_settings
from support.sample_config import replayed

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("dags")]  # one process prepares for all of them

HERE = Path(__file__).parent
CHAIN = ["equity_daily_bars", "daily_indicators", "strategy_signals", "signal_dispatch"]
CANDLES = ["bars_demo_coins_1h", "bars_demo_coins_4h"]
BACKFILLS = ["backfill_demo_coins_1h", "backfill_demo_coins_4h"]
TEXT = ["social_posts", "news_articles", "text_sentiment", "text_signals"]
FIRST = date(2012, 6, 1)  # where run_dags.py has the history begin
LAST = "2013-03-01"  # the sample's newest session, which a run without a key takes
ACCOUNTS = [{"name": name, "cash": 100_000, "start": LAST} for name in ("paper", "demo-coins")]
WATCHED = [("us_stocks", Interval.DAY), ("demo_coins", Interval.HOUR_1), ("demo_coins", Interval.HOUR_4)]
SUBSCRIPTION = [{"address": "trader@localhost", "start": LAST}]
CONFIGURED = {"ALGO_ACCOUNTS": json.dumps(ACCOUNTS), "ALGO_SUBSCRIPTIONS": json.dumps(SUBSCRIPTION), **replayed()}
TIMES = 2


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Airflow's environment over a fresh home, with accounts and a subscription that begin with the last session."""
    with tempfile.TemporaryDirectory(prefix="af-") as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALGO_HOME", home)
        for name, value in CONFIGURED.items():
            patch.setenv(name, value)
        settings = load_settings()
        server = embedded_postgres(settings)
        server.start(METADATA_DATABASE)
        try:
            with bootstrap(settings) as application:
                application.apply_config().seed()
            yield AirflowConfig(settings).environment(server.url(), server.url(METADATA_DATABASE))
        finally:
            assert server.stop()


@contextmanager
def at_home(environment: Mapping[str, str]) -> Iterator[App]:
    """The services over the databases that the DAGs worked on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ALGO_HOME", *CONFIGURED):
            patch.setenv(name, environment[name])
        with bootstrap() as application:
            yield application


@pytest.fixture(scope="module")
def seen(environment: dict[str, str]) -> dict[str, Any]:
    """What run_dags.py saw."""
    command = [sys.executable, str(HERE / "run_dags.py"), str(TIMES)]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-3000:]
    result: dict[str, Any] = json.loads(finished.stdout.rpartition("RESULT\n")[2])
    return result


def test_every_dag_is_imported(seen: dict[str, Any]) -> None:
    assert seen["import_errors"] == {}
    wanted = {"history_load", *TEXT, *CHAIN, *CANDLES, *BACKFILLS, "coin_listings", "company_fundamentals"}
    wanted |= {
        "strategy_review",
        "threshold_tuning",
        "instrument_rules",
        "monitored_bars",
        "notices",
        "order_approval",
        "pair_scores",
        "position_watch",
        "housekeeping",
        "inbound_mail",
        "symbol_requests",
    }
    assert set(seen["dags"]) == wanted == set(every_dag(checkout_folder() / "dags", WATCHED))


def test_every_task_of_every_dag_succeeds(seen: dict[str, Any]) -> None:
    order = ["history_load", *TEXT, *CHAIN[:-1], *CANDLES, BACKFILLS[0], "pair_scores", CHAIN[-1], "strategy_review"]
    assert [run["dag"] for run in seen["runs"]] == order * TIMES
    failed = [(run["dag"], run["tasks"]) for run in seen["runs"] if run["state"] != "success"]
    assert failed == []
    assert [sorted(run["tasks"]) for run in seen["runs"][1:14]] == [
        ["collect[-1]"],
        ["collect[-1]"],
        ["read[-1]"],
        ["decide[-1]", "deliver[-1]", "execute[-1]", "notify[-1]"],
        ["ingest[0]", "publish[-1]"],
        ["compute[0]", "publish[-1]"],
        ["evaluate[0]", "publish[-1]"],
        ["run[-1]"],
        ["run[-1]"],
        ["run[-1]"],
        ["record[-1]"],
        ["deliver[-1]", "execute[-1]", "notify[-1]"],
        ["review[0]", "summary[-1]", "verify[-1]", "verify_accounts[-1]"],
    ]


@pytest.mark.usefixtures("seen")
def test_a_run_without_a_key_takes_the_newest_session_and_a_second_one_adds_no_row(environment: dict[str, str]) -> None:
    with at_home(environment) as application:
        status, now = application.read_status()(), application.clock.now()
        stocks, coins = application.watchlists.get("us_stocks"), application.watchlists.get("demo_coins")
        assigned = application.assignments.all()
        asked = {one for one in assigned if not application.strategies(one.strategy).on_posts}
        about = application.mentions.of_instruments(stocks.instruments, None, now)
        bought = [signal for signal in application.signals.newest(20) if signal.period.startswith(LAST)]
        extents = {extent.series: extent for extent in application.bars.extents()}
    candles = [series for interval in coins.intervals for series in coins.series(interval)]
    assert status.latest_partition == LAST
    # A whole day of hours, of which one run took the newest alone.
    hours = 23 * len(coins.series(Interval.HOUR_1))
    assert status.rows["indicators"] == len(stocks.instruments) + len(candles) + hours
    assert status.rows["signals"] == len(asked) + hours + len(about)  # a signal on each post, decided on once
    assert (status.rows["posts"], status.rows["articles"], status.rows["mentions"]) == (25, 28, 50)
    sessions = trading_calendar("XNYS").periods(Interval.DAY, midnight(FIRST), midnight(date.fromisoformat(LAST)))
    assert {extents.pop(series).bars for series in stocks.series(Interval.DAY)} == {len(sessions)}
    assert set(extents) == set(candles)
    for series, extent in extents.items():
        assert extent.bars == len(trading_calendar("DEMO").periods(series.interval, extent.first, extent.last))
        assert extent.last + series.interval.length == datetime(2013, 3, 2, tzinfo=UTC)
    assert status.rows["quarantined"] == 0
    assert status.outbox == {"sent": len(bought), "pending": 0, "failed": 0}
    # The other account waits for candles of four hours before the newest ones.
    assert {account.name: account.cursor for account in status.accounts} == {"paper": LAST, "demo-coins": None}


@pytest.mark.usefixtures("seen")
def test_a_review_recommends_once_for_each_symbol_and_leaves_a_report(environment: dict[str, str]) -> None:
    with at_home(environment) as application:
        status = application.read_status()()
        reports = list(application.objects.keys("reports/strategy_review/"))
        pages = [application.objects.get(key) for key in reports]
    assert [found.symbol for found in status.recommendations] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert {str(found.session) for found in status.recommendations} == {LAST}
    assert all(found.trials > 50 for found in status.recommendations)
    assert reports == sorted(found.report for found in status.recommendations)
    assert reports[0] == f"reports/strategy_review/{LAST}/AAPL-XNYS.html"
    assert all(b"Deflated Sharpe" in page for page in pages)


def test_housekeeping_removes_old_records_and_says_what(seen: dict[str, Any]) -> None:
    steps = seen["housekeeping"]
    assert {name: state for name, (state, _) in steps.items()} == dict.fromkeys(
        ("records", "logs", "answers", "vacuum"), "success"
    )
    assert steps["records"][1]["removed"] == {}
    assert steps["logs"][1]["files"] == 0  # all of them are of today
    assert steps["answers"][1] == {"before": None, "answers": {}}
    assert all(rows > 0 for rows in steps["vacuum"][1]["dead_rows"].values())  # the server may have been faster


def test_dags_and_tasks_say_what_they_do_and_whom_to_ask(seen: dict[str, Any]) -> None:
    for dag_id, dag in seen["dags"].items():
        assert dag["doc"], dag_id
        assert dag["owner_links"] == {"trading": "mailto:algo-trading@localhost"}
        assert "algo-trading" in dag["tags"]
        for task_id, task in dag["tasks"].items():
            assert task["doc"], f"{dag_id}.{task_id}"
            assert task["owner"] == "trading"
            assert task["policy"] == "RetryByError"


def test_what_talks_to_the_outside_has_its_pool_and_its_patience(seen: dict[str, Any]) -> None:
    candles = {(dag_id, "run") for dag_id in (*CANDLES, "monitored_bars")}
    pools = {
        "market_data": {
            ("equity_daily_bars", "ingest"),
            ("history_load", "load"),
            ("company_fundamentals", "look_up"),
            ("instrument_rules", "refresh"),
            ("symbol_requests", "work"),
            *candles,
        },
        "backfill": {(dag_id, "run") for dag_id in BACKFILLS},
        "text": {("social_posts", "collect"), ("news_articles", "collect"), ("coin_listings", "refresh")},
    }
    asking = {task: pool for pool, tasks in pools.items() for task in tasks}
    outside = {*asking, ("signal_dispatch", "deliver"), ("text_signals", "deliver")}
    for dag_id, dag in seen["dags"].items():
        for task_id, task in dag["tasks"].items():
            assert task["pool"] == asking.get((dag_id, task_id), "default_pool")
            # The next candles come soon, and bring the missing ones with them.
            patience = 2 if (dag_id, task_id) in candles else 6 if (dag_id, task_id) in outside else 3
            assert task["retries"] == patience


def test_no_task_and_no_run_goes_on_for_ever(seen: dict[str, Any]) -> None:
    own = {"bars_demo_coins_1h": 0.8, "bars_demo_coins_4h": 3.2, "monitored_bars": None}  # hours: until the next candle
    studies = {"strategy_review", "threshold_tuning", "history_load", "housekeeping", "symbol_requests", *BACKFILLS}
    for dag_id, dag in seen["dags"].items():
        assert dag["timeout"] == 86_400, dag_id
        for task_id, task in dag["tasks"].items():
            long = dag_id in studies or (dag_id, task_id) == ("equity_daily_bars", "publish")
            hours = own.get(dag_id, 8 if long else 0.5)
            assert 0 < task["timeout"] <= (hours or 1) * 3600, f"{dag_id}.{task_id}"
            assert hours is None or task["timeout"] == hours * 3600, f"{dag_id}.{task_id}"


def test_the_chain_hangs_on_assets(seen: dict[str, Any]) -> None:
    dags = seen["dags"]
    assert dags["equity_daily_bars"]["timetable"] == "XNYS close + 30 min"
    assert not dags["equity_daily_bars"]["catchup"], "one run decides on all that were missed"
    assert [dags[name]["timetable"] for name in CHAIN[1:]] == ["PartitionedAssetTimetable"] * 3
    outlets = [[task["outlets"] for task in dags[name]["tasks"].values() if task["outlets"]] for name in CHAIN]
    assert outlets == [[["bars_us_stocks_1d"]], [["indicators_us_stocks_1d"]], [["signals"]], []]
    mapped = [task for name in CHAIN for task, details in dags[name]["tasks"].items() if details["mapped"]]
    assert mapped == ["ingest", "compute", "evaluate"]
    for name, timetable in zip(CANDLES, ("DEMO 1h close + 6 s", "DEMO 4h close + 9 s"), strict=True):
        assert dags[name]["timetable"] == timetable
        assert not dags[name]["catchup"], "one run catches up with everything"
        assert [task["outlets"] for task in dags[name]["tasks"].values()] == [["signals"]]


def test_everything_up_to_the_signals_has_their_deadline(seen: dict[str, Any]) -> None:
    with_deadline = [name for name in (*CHAIN, *CANDLES) if seen["dags"][name]["deadline"]]
    assert with_deadline == [*CHAIN[:3], *CANDLES]
    deadline = seen["deadline"]
    tomorrow = date.fromisoformat(deadline["today"]) + timedelta(days=1)
    assert deadline["due"] == {deadline["today"]: f"{tomorrow} 02:00:00+00:00", "2013-03-01": "None"}
    assert (deadline["told"], deadline["error"]) == (True, None)


def test_the_history_form_comes_filled_in(seen: dict[str, Any]) -> None:
    filled_in = {"series": "us_stocks_1d", "from": "2000-01-01", "to": "", "symbols": []}
    assert seen["dags"]["history_load"]["params"] == filled_in


def test_parsing_imports_nothing_heavy_and_reaches_no_database(environment: Mapping[str, str]) -> None:
    """All files for each source, one after the other, with Airflow already imported, as the DAG processor parses."""
    program = """
import json, os, runpy, sys
import airflow.sdk, airflow.timetables.base
watched = os.environ["ALGO_WATCHLISTS"]
for source in ("sample", "yahoo", "csv_files"):
    os.environ["ALGO_WATCHLISTS"] = watched.replace("SOURCE", source)
    for path in sys.argv[1:]: runpy.run_path(path)
heavy = ("pandas", "great_expectations", "numba", "exchange_calendars", "matplotlib", "yfinance", "minio",
         "adbc_driver_postgresql", "algo_trading.adapters.postgres", "algo_trading.services")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""
    watchlist = {"name": "stocks", "venue": "XNYS", "source": "SOURCE", "intervals": ["1d"], "symbols": ["IBM"]}
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"  # who connects at parse time fails
    finished = subprocess.run(
        [sys.executable, "-c", program, *map(str, dag_files())],
        env={
            **environment,
            "PYTHONPATH": str(checkout_folder() / "plugins"),
            "ALGO_WATCHLISTS": json.dumps([watchlist]),
            "ALGO_STRATEGIES": json.dumps([{"name": "sma_cross", "account": "paper"}]),
            "ALGO_SOURCES__CSV_FILES__FOLDER": str(HERE),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": nowhere,
            "AIRFLOW_CONN_ALGO_TRADING": nowhere,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert json.loads(finished.stdout.splitlines()[-1]) == []


def dag_files() -> list[Path]:
    return sorted((checkout_folder() / "dags").glob("*.py"))
