"""The list of instruments."""

from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, desc, func, or_, select, true

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.schema.market import bars, instruments, listings, series
from algo_trading.adapters.postgres.schema.scores import candle_scores
from algo_trading.adapters.postgres.schema.text import mentions
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.gateways.clock import Clock
from algo_trading.queries.instruments import InstrumentLine
from algo_trading.queries.pages import Page, PageRequest

OF_LATE = timedelta(days=7)


class PostgresInstrumentList:
    """Instruments that have bars. Filters: `q` (symbol or name), `venue`, `interval`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._engine = database.engine
        self._clock = clock

    def page(self, request: PageRequest) -> Page[InstrumentLine]:
        query, sorts = self._query()
        if venue := request.wanted("venue"):
            query = query.where(instruments.c.venue == venue)
        if interval := request.wanted("interval"):
            has = select(series.c.bars).where(series.c.instrument_id == instruments.c.id, series.c.interval == interval)
            query = query.where(has.exists())
        if text := request.wanted("q"):
            pattern = f"%{_literal(text)}%"
            query = query.where(or_(instruments.c.symbol.ilike(pattern), listings.c.name.ilike(pattern)))
        order = (instruments.c.symbol.collate("C"), instruments.c.venue)
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, sorts, order)
        return Page([_line(row) for row in rows], total)

    def venues(self) -> list[str]:
        """The venues of instruments that have bars."""
        query = select(instruments.c.venue).join(series).distinct().order_by(instruments.c.venue)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def _query(self) -> tuple[Select[Any], dict[str, ColumnElement[Any]]]:
        its = series.c.instrument_id == instruments.c.id
        main = (
            select(series.c.interval, series.c.last_opened_at)
            .where(its)
            .order_by(desc(series.c.interval == "1d"), series.c.bars.desc())
            .limit(1)
            .lateral("main")
        )
        intervals = select(func.array_agg(series.c.interval)).where(its).scalar_subquery()
        of_main = and_(bars.c.instrument_id == instruments.c.id, bars.c.interval == main.c.interval)
        last = (
            select(bars.c.close).where(of_main, bars.c.opened_at == main.c.last_opened_at).limit(1).lateral("last_bar")
        )
        before = (
            select(bars.c.close)
            .where(of_main, bars.c.opened_at < main.c.last_opened_at)
            .where(bars.c.opened_at > main.c.last_opened_at - timedelta(days=40))
            .order_by(bars.c.opened_at.desc())
            .limit(1)
            .lateral("bar_before")
        )
        score = (
            select(candle_scores.c.bull, candle_scores.c.bear, candle_scores.c.maximum)
            .where(candle_scores.c.instrument_id == instruments.c.id)
            .order_by(candle_scores.c.at.desc())
            .limit(1)
            .lateral("score")
        )
        tone = (
            select(func.avg(mentions.c.sentiment).label("sentiment"), func.count().label("mentions"))
            .where(mentions.c.instrument_id == instruments.c.id)
            .where(mentions.c.available_at > self._clock.now() - OF_LATE)
            .lateral("tone")
        )
        change = (last.c.close / func.nullif(before.c.close, 0) - 1).label("change")
        tables = (
            instruments.join(main, true())
            .outerjoin(last, true())
            .outerjoin(before, true())
            .outerjoin(listings, listings.c.instrument_id == instruments.c.id)
            .outerjoin(score, true())
            .outerjoin(tone, true())
        )
        query = select(
            instruments.c.symbol, instruments.c.venue, main.c.interval, main.c.last_opened_at,
            intervals.label("intervals"), last.c.close, change, listings.c.name, listings.c.rank,
            listings.c.market_cap, listings.c.volume, tone.c.sentiment, tone.c.mentions, score.c.bull, score.c.bear,
            score.c.maximum,
        ).select_from(tables)  # fmt: skip
        sorts: dict[str, ColumnElement[Any]] = {
            "symbol": instruments.c.symbol.collate("C"), "venue": instruments.c.venue, "name": listings.c.name,
            "rank": listings.c.rank, "market_cap": listings.c.market_cap, "volume": listings.c.volume,
            "close": last.c.close, "change": change, "sentiment": tone.c.sentiment, "bull": score.c.bull,
            "bear": score.c.bear, "newest": main.c.last_opened_at,
        }  # fmt: skip
        return query, sorts


def _literal(text: str) -> str:
    """A text in which LIKE finds no patterns."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _line(row: Row[Any]) -> InstrumentLine:
    return InstrumentLine(
        instrument=Instrument(row.symbol, row.venue),
        name=row.name or "",
        intervals=tuple(sorted(map(Interval, row.intervals), key=lambda one: one.order)),
        interval=Interval(row.interval),
        opened_at=row.last_opened_at.astimezone(UTC),
        close=row.close,
        change=row.change,
        rank=row.rank,
        market_cap=row.market_cap,
        volume=row.volume,
        sentiment=row.sentiment,
        mentions=row.mentions or 0,
        bull=row.bull,
        bear=row.bear,
        maximum=row.maximum,
    )
