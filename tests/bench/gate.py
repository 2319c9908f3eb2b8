"""The gate: rows of daily bars judged per second, in bulk and as one session comes in."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.adapters.sample import LAST_SESSION, SampleMarketData
from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.quality.gate import BarGate
from algo_trading.quality.verdict import Batch
from algo_trading.repositories.bars import BAR_SCHEMA
from bench.measure import Contender, Progress, Result, measure
from support.bar_requests import daily_request

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
COPIES = 8  # of the sample, each under symbols of its own


def benchmark(progress: Progress) -> list[Result]:
    """The packaged sample, several times over, and its last session alone."""
    progress("reading the sample")
    one = sample_rows(None)
    many = pa.concat_tables(
        one.set_column(0, "symbol", pc.binary_join_element_wise(one["symbol"], str(copy), "."))
        for copy in range(COPIES)
    )
    session = sample_rows(LAST_SESSION)
    gate = BarGate()
    timings = measure(
        [
            Contender("history", lambda: gate.judge(batch(many)), len(many)),
            Contender("one session of five symbols", lambda: gate.judge(batch(session)), len(session)),
        ],
        3,
        progress,
    )
    good = gate.judge(batch(many)).good.num_rows
    return [
        Result(
            "Gate: daily bars judged",
            f"{len(many):,} rows of history: the sample {COPIES} times; {len(session)} rows of one session",
            timings,
            notes=[f"{good:,} rows of history are good"],
            beside_peers=False,
        )
    ]


def sample_rows(first: date | None) -> pa.Table:
    """Rows of the sample as they come."""
    source = SampleMarketData()
    answers = source.fetch([daily_request(Instrument(symbol), first, LAST_SESSION) for symbol in SYMBOLS])
    return pa.concat_tables(source.parse(answer.payload).rows for answer in answers if answer.payload)


def batch(rows: pa.Table) -> Batch:
    """A batch without stored neighbours or actions."""
    now = datetime(2013, 3, 2, tzinfo=UTC)
    return Batch(rows, "sample", "bench", trading_calendar("XNYS"), Interval.DAY, now, BAR_SCHEMA.empty_table())
