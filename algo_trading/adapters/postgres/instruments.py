"""Ids of instruments."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, ColumnElement, Connection, ScalarSelect, Text, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.domain.instrument import Instrument


def ensure_instruments(connection: Connection, named: Iterable[Instrument]) -> dict[Instrument, int]:
    """Ids of the instruments named; those that are not there yet are added."""
    wanted = set(named)
    if not wanted:
        return {}
    found = _ids(connection, wanted)
    new = sorted(wanted - set(found))
    if new:
        rows = [{"symbol": instrument.symbol, "venue": instrument.venue} for instrument in new]
        connection.execute(insert(instruments).on_conflict_do_nothing(), rows)
        found |= _ids(connection, new)
    return found


def _ids(connection: Connection, wanted: Iterable[Instrument]) -> dict[Instrument, int]:
    rows = connection.execute(select(instruments).where(among(wanted)))
    return {Instrument(row.symbol, row.venue): row.id for row in rows}


def among(wanted: Iterable[Instrument]) -> ColumnElement[bool]:
    """Whether a row of `instruments` is one of `wanted`."""
    keys = [(instrument.symbol, instrument.venue) for instrument in wanted]
    return pairs_among((instruments.c.symbol, instruments.c.venue), keys)


def pairs_among(
    columns: tuple[ColumnElement[str], ColumnElement[str]], pairs: Iterable[tuple[str, str]]
) -> ColumnElement[bool]:
    """Whether two columns hold one of `pairs`; two parameters, however many pairs there are."""
    wanted = sorted(set(pairs))
    first, second = (literal([pair[part] for pair in wanted], ARRAY(Text)) for part in (0, 1))
    table = func.unnest(first, second).table_valued("first", "second").render_derived("wanted")
    return tuple_(*columns).in_(select(table.c.first, table.c.second))


def instrument_id(instrument: Instrument) -> ScalarSelect[int]:
    """The id of an instrument that is there, as a subquery."""
    return (
        select(instruments.c.id)
        .where(instruments.c.symbol == instrument.symbol, instruments.c.venue == instrument.venue)
        .scalar_subquery()
    )
