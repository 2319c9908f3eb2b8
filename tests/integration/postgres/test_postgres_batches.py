"""Judged batches in PostgreSQL: all of one or nothing, whatever fails in the middle, and whoever else stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from adbc_driver_manager import Error
from sqlalchemy import text

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.batches import PostgresBatches
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.posts import PostgresFeedStates, PostgresPosts
from algo_trading.adapters.postgres.quality import PostgresQuality, PostgresQuarantine
from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import RAW_SCHEMA
from algo_trading.quality.gate import BarGate
from algo_trading.quality.post_verdict import PostBatch
from algo_trading.repositories.batches import StreamOffset
from algo_trading.services.accept_bars import AcceptBars, BarBatch
from algo_trading.services.accept_posts import AcceptPosts
from contracts.bars import IBM, JAN_2, MSFT, bar_row, bar_rows, daily
from contracts.batches import FEED, STREAM, BatchContract, judged_bars
from contracts.corporate_actions import split
from contracts.post_feed import NOON
from fakes.clock import FakeClock
from fakes.post_gate import FakePostGate

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.integration

COIN = Series(Instrument("MADEUSDT", "24/7"), Interval("1m"))
BARS = ("bars", "quarantine", "quality_results", "stream_offsets", "corporate_actions", "instruments")
POSTS = ("posts", "quarantine", "quality_results", "feeds")


class TestPostgresBatches(BatchContract):
    @pytest.fixture
    def batches(self, database: Database) -> PostgresBatches:
        return PostgresBatches(database)

    @pytest.fixture
    def bars(self, database: Database) -> PostgresBars:
        return PostgresBars(database)

    @pytest.fixture
    def actions(self, database: Database) -> PostgresCorporateActions:
        return PostgresCorporateActions(database)

    @pytest.fixture
    def posts(self, database: Database) -> PostgresPosts:
        return PostgresPosts(database)

    @pytest.fixture
    def feed_states(self, database: Database) -> PostgresFeedStates:
        return PostgresFeedStates(database)

    @pytest.fixture
    def quarantine(self, database: Database) -> PostgresQuarantine:
        return PostgresQuarantine(database)

    @pytest.fixture
    def quality(self, database: Database) -> PostgresQuality:
        return PostgresQuality(database)


def refuse(database: Database, table: str) -> None:
    """Let every row that goes into a table fail, as a full disk would."""
    with database.engine.begin() as connection:
        connection.execute(
            text("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$")
        )
        connection.execute(
            text(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()")
        )


def allow(database: Database) -> None:
    """Undo `refuse`."""
    with database.engine.begin() as connection:
        connection.execute(text("DROP FUNCTION refuse() CASCADE"))


def counted(database: Database, tables: tuple[str, ...]) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def candles(database: Database) -> Callable[[], object]:
    """A batch of a stream, from the wire: two good candles and one that is upside down, with an offset."""
    opened = [datetime(2026, 11, 20, 12, minute, tzinfo=UTC) for minute in range(3)]
    prices = [("10", "12", "9", "11"), ("11", "12", "9", "10"), ("10", "9", "12", "11")]
    rows = [
        dict(zip(RAW_SCHEMA.names, (COIN.symbol, at.isoformat(), *values, "5", f"frame {n}"), strict=True))
        for n, (at, values) in enumerate(zip(opened, prices, strict=True))
    ]
    accept = AcceptBars(
        BarGate(),
        PostgresBars(database),
        PostgresCorporateActions(database),
        PostgresBatches(database),
        PostgresQuarantine(database),
        trading_calendar,
        FakeClock(datetime(2026, 11, 20, 13, tzinfo=UTC)),
    )
    batch = BarBatch(
        source="made_up",
        name="12:00 .. 12:02",
        venue=COIN.venue,
        interval=COIN.interval,
        series=[COIN],
        rows=pa.Table.from_pylist(rows, schema=RAW_SCHEMA),
        actions=[split(COIN.instrument, JAN_2, 2.0)],
        offset=StreamOffset(STREAM, 1_795_176_120_000),
    )
    return lambda: accept(batch)


def told(database: Database) -> Callable[[], object]:
    """A page of a feed: one good post and one without a body, and where the feed stands behind it."""
    row = {"platform": "x", "author": "ann", "published": NOON.isoformat(), "title": "", "url": "", "place": "page"}
    rows = [{**row, "id": "1", "body": "text"}, {**row, "id": "2", "body": ""}]
    accept = AcceptPosts(
        FakePostGate(), PostgresPosts(database), PostgresQuarantine(database), PostgresBatches(database)
    )
    batch = PostBatch(pa.Table.from_pylist(rows), FEED.name, "post", replay=False, name="page", now=NOON)  # type: ignore[arg-type]
    return lambda: accept(batch, archive=lambda: None, state=lambda _page: FEED)


@pytest.mark.parametrize(
    ("make", "tables", "refused"),
    [*((candles, BARS, table) for table in BARS), *((told, POSTS, table) for table in POSTS)],
)
def test_a_failure_in_the_middle_leaves_nothing_and_running_again_everything(
    database: Database, make: Callable[[Database], Callable[[], object]], tables: tuple[str, ...], refused: str
) -> None:
    refuse(database, refused)
    accept = make(database)
    with pytest.raises(Error, match="no room"):
        accept()
    assert set(counted(database, tables).values()) == {0}
    allow(database)
    accept()
    once = counted(database, tables)
    assert min(once.values()) == 1
    accept()
    assert counted(database, tables) == once


def test_batches_that_need_the_same_instruments_in_another_order_wait_for_each_other(database: Database) -> None:
    """Each has an action of one instrument and bars of both: locked one after the other they would deadlock."""
    PostgresBars(database).upsert(bar_rows(bar_row(IBM, JAN_2), bar_row(MSFT, JAN_2)), "before")

    def store(number: int) -> None:
        mine = Database(database.url)
        of = (IBM, MSFT)[number % 2]
        rows = bar_rows(bar_row(MSFT, JAN_2, close=20.0 + number), bar_row(IBM, JAN_2, close=20.0 + number))
        try:
            for turn in range(10):
                action = split(of, JAN_2, 2.0 + turn)
                PostgresBatches(mine).store_bars(replace(judged_bars(), good=rows, actions=[action]))
        finally:
            mine.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store, range(4)))
    stored = PostgresBars(database).read(daily([IBM, MSFT]), None, None)["close"].to_pylist()
    assert stored[0] == stored[1]
