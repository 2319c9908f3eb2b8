"""Moments as Python has them (aware) and as arrays have them (datetime64[us], UTC)."""

from datetime import UTC, datetime

import numpy as np


def array_time(moment: datetime) -> np.datetime64:
    """An aware moment as arrays hold it, to the microsecond."""
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def moment_of(time: np.datetime64) -> datetime:
    """A time of an array as an aware moment in UTC."""
    moment = time.astype("datetime64[us]").item()
    assert isinstance(moment, datetime)
    return moment.replace(tzinfo=UTC)
