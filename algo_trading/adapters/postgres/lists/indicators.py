"""The list of indicators of a series."""

from datetime import UTC

from sqlalchemy import select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.lists.dates import within
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.schema.market import indicators, instruments
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.queries.indicators import IndicatorLine
from algo_trading.queries.pages import Page, PageRequest
from algo_trading.repositories.bars import INDICATORS


class PostgresIndicatorPages:
    """Indicators of the series that `symbol`, `venue` and `interval` name, newest first; also `from`, `to` (dates)."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[IndicatorLine]:
        symbol, venue, interval = (request.wanted(name) for name in ("symbol", "venue", "interval"))
        series = Series(Instrument(symbol, venue), Interval(interval))
        query = (
            select(indicators)
            .join(instruments)
            .where(instruments.c.symbol == symbol, instruments.c.venue == venue, indicators.c.interval == interval)
            .where(*within(indicators.c.opened_at, request))
        )
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, {}, (indicators.c.opened_at.desc(),))
        return Page(
            [
                IndicatorLine(series, row.opened_at.astimezone(UTC), {name: getattr(row, name) for name in INDICATORS})
                for row in rows
            ],
            total,
        )
