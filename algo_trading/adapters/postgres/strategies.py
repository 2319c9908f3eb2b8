"""Ids of strategies."""

from collections.abc import Iterable

from sqlalchemy import Connection, ScalarSelect, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.instruments import pairs_among
from algo_trading.adapters.postgres.schema.decisions import strategies
from algo_trading.domain.signal import StrategyId


def ensure_strategies(connection: Connection, named: Iterable[StrategyId]) -> dict[StrategyId, int]:
    """Ids of the strategies named; those that are not there yet are added."""
    wanted = set(named)
    if not wanted:
        return {}
    found = _ids(connection, wanted)
    new = sorted(wanted - set(found))
    if new:
        rows = [{"name": strategy.name, "params": strategy.params} for strategy in new]
        connection.execute(insert(strategies).on_conflict_do_nothing(), rows)
        found |= _ids(connection, new)
    return found


def _ids(connection: Connection, wanted: Iterable[StrategyId]) -> dict[StrategyId, int]:
    keys = ((strategy.name, strategy.params) for strategy in wanted)
    rows = connection.execute(select(strategies).where(pairs_among((strategies.c.name, strategies.c.params), keys)))
    return {StrategyId(row.name, row.params): row.id for row in rows}


def strategy_id(strategy: StrategyId) -> ScalarSelect[int]:
    """The id of a strategy that is there, as a subquery."""
    return (
        select(strategies.c.id)
        .where(strategies.c.name == strategy.name, strategies.c.params == strategy.params)
        .scalar_subquery()
    )
