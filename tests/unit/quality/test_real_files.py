"""The gate on real files: what is wrong with them is found, and nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.quality.gate import BarGate
from algo_trading.quality.verdict import Verdict
from support.raw_bars import batch
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = [pytest.mark.unit, needs_shared_data]

DAILY = SHARED_DATA / "daily_ohlcv"
PAIRS = DAILY / "yfinance_bad_vs_fixed"


def judge(*paths: Path, calendar: str = "XNYS") -> list[Verdict]:
    gate = BarGate()
    return [
        gate.judge(batch(table.rows(), calendar=calendar))
        for file in read_bar_files(paths, None)
        for table in file.tables
    ]


def reasons(*verdicts: Verdict) -> dict[str, int]:
    return dict(Counter(row.reason for verdict in verdicts for row in verdict.quarantined))


def test_a_series_that_changed_from_cents_to_rand() -> None:
    (verdict,) = judge(PAIRS / "SSW-JO-1d-100x-error.csv", calendar="XJSE")
    assert verdict.good.num_rows == 7
    assert max(verdict.good["close"].to_pylist()) < 40
    # Of the 22 rows in cents four have an open above their high as well, which is asked first.
    assert reasons(verdict) == {"unit jump": 18, "prices out of order": 4}


def test_its_corrected_twin_loses_no_row_to_the_rule() -> None:
    assert reasons(*judge(PAIRS / "SSW-JO-1d-100x-error-fixed.csv", calendar="XJSE")) == {"prices out of order": 4}


def test_a_bar_divided_by_a_split_that_never_was() -> None:
    bad, fixed = (judge(PAIRS / f"ALPHA-PA-1d-bad-stock-split{end}.csv", calendar="XPAR")[0] for end in ("", "-fixed"))
    assert [(row.session, row.reason) for row in bad.quarantined] == [("2023-05-08", "unit jump")]
    assert fixed.quarantined == ()


def test_pence_that_the_correction_overlooked() -> None:
    (verdict,) = judge(PAIRS / "CLC-L-1d-bad-div-fixed.csv", calendar="XLON")
    jumps = [row for row in verdict.quarantined if row.reason == "unit jump"]
    assert [row.session for row in jumps] == [
        f"2024-{day}" for day in ("07-29", "07-30", "07-31", "08-01", "08-02", "08-05")
    ]
    assert {float(row.row["close"]) for row in jumps} == {0.006000000238418579}  # between closes of 0.6


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("stocknet_2012_2017", {}),
        ("huge_stock_1962_2017", {"not a session": 1}),  # 1985-09-27: hurricane Gloria
        ("recent_25_stocks", {}),
        ("yf_multiheader_2000_2025", {"prices out of order": 1}),
    ],
)
def test_long_series_lose_no_good_row(folder: str, expected: dict[str, int]) -> None:
    paths = sorted((DAILY / folder).iterdir())[:12]
    assert reasons(*judge(*paths)) == expected


# exchange_calendars 4.13 makes Hong Kong's holidays with what pandas 3.1 calls deprecated.
@pytest.mark.filterwarnings("ignore:DatetimeIndex.weekday:DeprecationWarning")
def test_a_line_of_nothing_but_commas_is_missing_values() -> None:
    (verdict,) = judge(PAIRS / "1398-HK-1d-bad-div.csv", calendar="XHKG")
    assert [(row.session, row.reason) for row in verdict.quarantined] == [("2024-07-05", "missing value")]


def test_intraday_bars_are_no_daily_bars() -> None:
    (verdict,) = judge(PAIRS / "EA-15m-no-bad-divs.csv")
    assert verdict.good.num_rows == 0
    assert set(reasons(verdict)) == {"conflicting repeat"}
