"""Sessions of exchanges, made by exchange_calendars once a day and kept in a file.

Importing exchange_calendars (and pandas with it) and making a calendar take more than a second, reading the file takes
milliseconds. The files lie beside this module as its compiled code does; where nobody can write there, each process
makes the sessions anew.
"""

import contextlib
import os
import tempfile
import warnings
import zipfile
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Times
from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

# exchange_calendars starts 20 years back unless told; some venues' rules do not reach further than their own bounds.
FIRST_YEAR = date(1962, 1, 2)
FOLDER = Path(__file__).parent / "__pycache__"


class Sessions(NamedTuple):
    """Ascending dates (datetime64[D]) of an exchange, with the opens and closes of trading (datetime64[us], UTC)."""

    dates: NDArray[np.datetime64]
    opens: Times
    closes: Times


def sessions_of(code: str) -> Sessions:
    """All that the calendar with this code of exchange_calendars covers, up to about a year from now.

    Raises:
        ConfigError: its rules are broken.
    """
    # A calendar ends a year from the day on which it is made, and another version has other rules.
    name = f"sessions.{code.replace('/', '-')}"
    path = FOLDER / f"{name}.{version('exchange_calendars')}.{datetime.now(UTC):%Y%m%d}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Sessions(kept["dates"], kept["opens"], kept["closes"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none yet, or a torn one
        made = _made(code)
    with contextlib.suppress(OSError):
        _keep(path, made)
        for old in FOLDER.glob(f"{name}.*.npz"):
            if old != path:
                old.unlink(missing_ok=True)
    return made


def _made(code: str) -> Sessions:
    import exchange_calendars

    try:
        with warnings.catch_warnings():  # version 4.13 uses what pandas 3.1 calls deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            schedule = _schedule(code)
    except (ValueError, NotImplementedError) as error:  # version 4.13 cannot make five of its own on pandas 3.1
        raise ConfigError(
            f"exchange_calendars {exchange_calendars.__version__} cannot make its calendar {code} "
            f"({type(error).__name__}); choose another one, such as that of a neighbouring exchange"
        ) from error
    dates = schedule.index.to_numpy().astype("datetime64[D]")
    return Sessions(dates, _utc_microseconds(schedule["open"]), _utc_microseconds(schedule["close"]))


def _schedule(code: str) -> "pd.DataFrame":
    import exchange_calendars

    try:
        schedule: pd.DataFrame = exchange_calendars.get_calendar(code, start=FIRST_YEAR.isoformat()).schedule
    except ValueError:  # its rules begin later; to know when takes making the calendar once more
        bound = exchange_calendars.get_calendar(code).bound_min()
        if bound is None:
            raise
        schedule = exchange_calendars.get_calendar(code, start=bound.date().isoformat()).schedule
    return schedule


def _utc_microseconds(times: "pd.Series[pd.Timestamp]") -> Times:
    utc: Times = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return utc


def _keep(path: Path, made: Sessions) -> None:
    """Replace what is kept of the calendar; a reader sees a whole file or none."""
    FOLDER.mkdir(exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=FOLDER, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, dates=made.dates, opens=made.opens, closes=made.closes)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
