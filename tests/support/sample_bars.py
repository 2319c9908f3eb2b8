"""The packaged sample as a source hands it over, as tables to store."""

from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa

from algo_trading.adapters.sample import LAST_SESSION, SampleMarketData
from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import COLUMNS
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import RawBars
from algo_trading.repositories.bars import BAR_SCHEMA, TIME
from support.bar_requests import daily_request


@cache
def raw(symbol: str, first: date | None = None, last: date = LAST_SESSION) -> RawBars:
    """The answer to one request."""
    source = SampleMarketData()
    (answer,) = source.fetch([daily_request(Instrument(symbol), first, last)])
    assert answer.payload is not None
    return source.parse(answer.payload)


def sample_table(symbols: Sequence[str], first: date | None = None, last: date = LAST_SESSION) -> pa.Table:
    """BAR_SCHEMA of the sessions first..last."""
    rows = pa.concat_tables([raw(symbol, first, last).rows for symbol in symbols])
    days = np.array(rows["session"].to_pylist(), dtype="datetime64[D]")
    return pa.table(
        [
            rows["symbol"],
            pa.repeat("XNYS", len(days)).cast(pa.string()),
            pa.repeat(str(Interval.DAY), len(days)).cast(pa.string()),
            pa.array(days.astype("datetime64[us]")).cast(TIME),
            pa.array(trading_calendar("XNYS").closes(Interval.DAY, days)).cast(TIME),
            *(rows[name].cast(pa.float64()) for name in COLUMNS),
        ],
        schema=BAR_SCHEMA,
    )


def sample_actions(
    symbols: Sequence[str], first: date | None = None, last: date = LAST_SESSION
) -> list[CorporateAction]:
    """Actions with first <= ex-date <= last."""
    return [action for symbol in symbols for action in raw(symbol, first, last).actions]
