"""Old answers of sources go, and nothing else."""

from datetime import date

import pytest

from algo_trading.services.housekeeping import RemovedAnswers, RemoveOldAnswers
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore

pytestmark = pytest.mark.unit

OLD = [
    "raw/yahoo/2026/10/20/AAPL-1f.json",
    "raw/yahoo/2025/12/31/IBM-2f.json",
    "raw/yahoo/fundamentals/2026/09/01/IBM-2f.json",
    "raw/reddit/2026/01/01/page-1.json",
]
KEPT = [
    "parquet/XNYS/1d/2020/01/bars.parquet",
    "raw/import/2026/02/30/not-a-day.csv",
    "raw/import/6b86b273ff34fce19d6b804eff5a3f57/2020/01/02",
    "raw/yahoo/2026/10/21/AAPL-1f.json",
    "raw/yahoo/2026/11/20/AAPL-1f.json",
    "reports/strategy_review/2020-01-02/AAPL.html",
]


@pytest.fixture
def objects() -> FakeObjectStore:
    store = FakeObjectStore()
    for key in (*OLD, *KEPT):
        store.put(key, b"{}")
    return store


def test_answers_of_days_long_ago_are_removed_and_counted(objects: FakeObjectStore) -> None:
    remove = RemoveOldAnswers(objects, FakeClock(), keep_days=30)  # it is 2026-11-20
    assert remove() == RemovedAnswers(date(2026, 10, 21), {"reddit": 1, "yahoo": 3})
    assert list(objects.keys()) == KEPT
    assert remove().answers == {}


def test_with_no_number_of_days_all_are_kept(objects: FakeObjectStore) -> None:
    assert RemoveOldAnswers(objects, FakeClock(), keep_days=0)() == RemovedAnswers()
    assert list(objects.keys()) == sorted([*OLD, *KEPT])
