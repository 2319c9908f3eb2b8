"""Moments are the same moments in arrays and out of them."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.time import array_time, moment_of

pytestmark = pytest.mark.unit

MOMENTS = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(3000, 1, 1))  # noqa: DTZ001 - zones follow


@given(moment=MOMENTS, hours=st.integers(-12, 14))
def test_there_and_back(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert moment_of(array_time(aware)) == aware
    assert moment_of(array_time(aware)).tzinfo is UTC


def test_an_array_has_utc() -> None:
    new_york = datetime(2013, 1, 2, 16, tzinfo=timezone(timedelta(hours=-5)))
    assert array_time(new_york) == np.datetime64("2013-01-02T21:00:00.000000")
    assert moment_of(np.datetime64("2013-01-02")) == datetime(2013, 1, 2, tzinfo=UTC)
