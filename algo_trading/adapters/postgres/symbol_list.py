"""What bars there are, in PostgreSQL."""

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.database import Database
from algo_trading.domain.time import period_key
from algo_trading.queries.symbols import SymbolLine


class PostgresSymbolList:
    """Implements SymbolList from what is kept of each series, however many bars there are."""

    def __init__(self, database: Database) -> None:
        self._bars = PostgresBars(database)

    def all(self) -> list[SymbolLine]:
        return [
            SymbolLine(
                symbol=one.series.symbol,
                venue=one.series.venue,
                interval=str(one.series.interval),
                first=period_key(one.series.interval, one.first),
                last=period_key(one.series.interval, one.last),
                bars=one.bars,
            )
            for one in self._bars.extents()
        ]
