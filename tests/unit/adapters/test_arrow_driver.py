"""What the driver of ADBC brings along."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

PROGRAM = """
import sys
from algo_trading.adapters.postgres.arrow_driver import load_driver
import pyarrow as pa
driver = load_driver()
table = pa.table({"a": pa.array([1, 2])})
assert driver.connect
assert not {"pandas", "polars"} & set(sys.modules), "imported"
assert table.to_pandas().a.tolist() == [1, 2]
assert load_driver() is driver
"""


def test_it_brings_no_pandas_and_who_asks_for_it_gets_it() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
