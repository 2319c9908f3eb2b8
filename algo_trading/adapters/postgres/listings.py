"""Names of instruments in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Row, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments, instrument_id
from algo_trading.adapters.postgres.schema.market import instruments, listing_history, listings
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import ListedFigures, Listing
from algo_trading.repositories.bars import UpsertCount

FIGURES = ("rank", "market_cap", "volume", "price")
COMPARED = ("name", "aliases", "ambiguous", "rank", "market_cap", "volume", "price")


class PostgresListings:
    """Implements ListingRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def upsert(self, new: Sequence[Listing], seen_at: datetime | None = None) -> UpsertCount:
        named = [listing.instrument for listing in new]
        if len(set(named)) < len(named):
            twice = next(instrument for instrument in named if named.count(instrument) > 1)
            raise ValueError(f"{twice} of {twice.venue} is listed twice")
        if not new:
            return UpsertCount()
        added = insert(listings)
        changes = {name: added.excluded[name] for name in COMPARED}
        differs = or_(*(listings.c[name].is_distinct_from(changes[name]) for name in COMPARED))
        # xmax is 0 in a row that was inserted, and not in one that was updated.
        statement = added.on_conflict_do_update(
            index_elements=["instrument_id"], set_={**changes, "updated_at": func.now()}, where=differs
        ).returning(literal_column("xmax = 0", Boolean))
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, named)
            rows = [{"instrument_id": ids[listing.instrument], **_values(listing)} for listing in new]
            touched = connection.execute(statement, rows).scalars().all()
            if seen_at is not None:
                figures = [
                    {"instrument_id": row["instrument_id"], "seen_at": seen_at, **{name: row[name] for name in FIGURES}}
                    for row in rows
                ]
                connection.execute(insert(listing_history).on_conflict_do_nothing(), figures)
        inserted = sum(touched)
        return UpsertCount(inserted, len(touched) - inserted, len(new) - len(touched))

    def history(self, instrument: Instrument, until: datetime | None = None) -> list[ListedFigures]:
        query = select(listing_history).where(listing_history.c.instrument_id == instrument_id(instrument))
        if until is not None:
            query = query.where(listing_history.c.seen_at <= until)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(listing_history.c.seen_at)).all()
        return [ListedFigures(row.seen_at, *(getattr(row, name) for name in FIGURES)) for row in rows]

    def all(self) -> list[Listing]:
        query = (
            select(listings, instruments.c.symbol, instruments.c.venue)
            .join(instruments)
            .order_by(instruments.c.venue.collate("C"), listings.c.rank.nulls_last(), instruments.c.symbol.collate("C"))
        )
        with self._engine.connect() as connection:
            return [_listing(row) for row in connection.execute(query)]


def _values(listing: Listing) -> dict[str, Any]:
    return {
        "name": listing.name,
        "aliases": list(listing.aliases),
        "ambiguous": sorted(listing.ambiguous),
        "rank": listing.rank,
        "market_cap": listing.market_cap,
        "volume": listing.volume,
        "price": listing.price,
    }


def _listing(row: Row[Any]) -> Listing:
    return Listing(
        instrument=Instrument(row.symbol, row.venue),
        name=row.name,
        aliases=tuple(row.aliases),
        ambiguous=frozenset(row.ambiguous),
        rank=row.rank,
        market_cap=row.market_cap,
        volume=row.volume,
        price=row.price,
    )
