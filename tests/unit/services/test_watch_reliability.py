"""Four weeks of the watch loop with failures of every kind end as undisturbed ones do; the year is in tests/faults."""

import pytest

from support.watched_year import check_alike, disturbed, undisturbed

pytestmark = pytest.mark.unit

DAYS = 28
MINUTES = 360  # between two looks


def test_disconnects_kills_and_missing_candles_change_nothing() -> None:
    rough = disturbed(DAYS, MINUTES, disconnects=20, kills=6)
    check_alike(undisturbed(DAYS, MINUTES), rough, DAYS)
    assert any("could not be asked" in sentence for sentence in rough.said)
    assert rough.said[-1] == "all is well again"
