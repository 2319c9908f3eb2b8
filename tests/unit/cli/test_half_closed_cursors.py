"""What an interrupted program says is its own sentence alone."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

PROGRAM = """
from algo_trading.cli import _ignore_half_closed_cursors

def broken(module):
    def close(_self):
        raise RuntimeError(f"of {module}")
    close.__module__ = module
    return type("Cursor", (), {"__del__": close})()

_ignore_half_closed_cursors()
cursor, other = broken("adbc_driver_manager.dbapi"), broken("elsewhere")
del cursor
del other
"""


def test_a_cursor_that_is_closed_twice_is_not_told_of() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
    assert "of elsewhere" in told
    assert "adbc" not in told
