"""What bars there are, in PostgreSQL."""

from sqlalchemy import func, select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.market import bars, instruments
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, period_key
from algo_trading.queries.symbols import SymbolLine


class PostgresSymbolList:
    """Implements SymbolList; it counts every bar."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def all(self) -> list[SymbolLine]:
        counted = (
            select(
                bars.c.instrument_id,
                bars.c.interval,
                func.min(bars.c.opened_at).label("first"),
                func.max(bars.c.opened_at).label("last"),
                func.count().label("bars"),
            )
            .group_by(bars.c.instrument_id, bars.c.interval)
            .subquery()
        )
        query = select(counted, instruments.c.symbol, instruments.c.venue).join(
            instruments, instruments.c.id == counted.c.instrument_id
        )
        with self._engine.connect() as connection:
            found = {
                Series(Instrument(row.symbol, row.venue), Interval(row.interval)): row
                for row in connection.execute(query)
            }
        return [
            SymbolLine(
                symbol=series.symbol,
                venue=series.venue,
                interval=str(series.interval),
                first=period_key(series.interval, found[series].first),
                last=period_key(series.interval, found[series].last),
                bars=found[series].bars,
            )
            for series in sorted(found)
        ]
