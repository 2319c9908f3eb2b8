"""Ids of instruments."""

from collections.abc import Iterable

from sqlalchemy import Connection, ScalarSelect, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.schema import instruments
from algo_trading.domain.instrument import Instrument


def ensure_instruments(connection: Connection, wanted: Iterable[Instrument]) -> dict[Instrument, int]:
    """Ids of `wanted`; those that are not there yet are added."""
    keys = sorted({(instrument.symbol, instrument.venue) for instrument in wanted})
    if not keys:
        return {}
    rows = [{"symbol": symbol, "venue": venue} for symbol, venue in keys]
    connection.execute(insert(instruments).on_conflict_do_nothing(), rows)
    found = connection.execute(
        select(instruments).where(tuple_(instruments.c.symbol, instruments.c.venue).in_(keys))
    ).all()
    return {Instrument(row.symbol, row.venue): row.id for row in found}


def instrument_id(instrument: Instrument) -> ScalarSelect[int]:
    """The id of an instrument that is there, as a subquery."""
    return (
        select(instruments.c.id)
        .where(instruments.c.symbol == instrument.symbol, instruments.c.venue == instrument.venue)
        .scalar_subquery()
    )
