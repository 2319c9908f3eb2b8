"""Watchlists and assignments in PostgreSQL."""

import json
from dataclasses import asdict
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments, instrument_id
from algo_trading.adapters.postgres.schema.decisions import assignments, strategies, watchlists
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.strategies import ensure_strategies, strategy_id
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.watchlists import AssignmentKey, SetupChanges

WATCHLIST = ("venue", "source", "intervals", "symbols")


class PostgresWatchlists:
    """Implements WatchlistRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def all(self) -> list[Watchlist]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(watchlists).order_by(watchlists.c.name.collate("C")))
            return [_watchlist(row) for row in rows]

    def get(self, name: str) -> Watchlist:
        with self._engine.connect() as connection:
            row = connection.execute(select(watchlists).where(watchlists.c.name == name)).one_or_none()
        if row is None:
            raise KeyError(name)
        return _watchlist(row)


class PostgresAssignments:
    """Implements AssignmentRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def all(self) -> list[Assignment]:
        columns: list[ColumnElement[Any]] = [
            *(assignments.c[name] for name in ("interval", "watchlist", "account", "owner")),
            *(cast(assignments.c[name], Text).label(name) for name in ("limits", "exits")),
            *(strategies.c.name, strategies.c.params, instruments.c.symbol, instruments.c.venue),
        ]
        query = select(*columns).select_from(assignments.join(strategies).join(instruments))
        with self._engine.connect() as connection:
            found = [_assignment(row) for row in connection.execute(query)]
        return sorted(found, key=lambda one: (one.strategy, one.series.sort_key, one.account))


class PostgresSetup:
    """Implements SetupRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def change(self, changes: SetupChanges) -> None:
        with self._engine.begin() as connection:
            for key in changes.removed_assignments:
                connection.execute(delete(assignments).where(*_matches(key)))
            _write_watchlists(connection, changes)
            _write_assignments(connection, changes)
            if changes.removed_watchlists:
                connection.execute(delete(watchlists).where(watchlists.c.name.in_(changes.removed_watchlists)))


def _write_watchlists(connection: Connection, changes: SetupChanges) -> None:
    rows = [
        {
            **{name: getattr(one, name) for name in ("name", "venue", "source")},
            "intervals": list(map(str, one.intervals)),
            "symbols": list(one.symbols),
            **{name: [_series_text(series) for series in getattr(one, name)] for name in ("monitored", "dropped")},
        }
        for one in changes.watchlists
    ]
    if rows:
        new = insert(watchlists)
        values = {name: new.excluded[name] for name in (*WATCHLIST, "monitored", "dropped")}
        changed = new.on_conflict_do_update(index_elements=["name"], set_={**values, "updated_at": func.now()})
        connection.execute(changed, rows)


def _write_assignments(connection: Connection, changes: SetupChanges) -> None:
    if not changes.assignments:
        return
    names = {one.watchlist for one in changes.assignments}
    known = set(connection.execute(select(watchlists.c.name).where(watchlists.c.name.in_(names))).scalars())
    if missing := names - known:
        raise KeyError(min(missing))
    instrument_ids = ensure_instruments(connection, (one.series.instrument for one in changes.assignments))
    strategy_ids = ensure_strategies(connection, (one.strategy for one in changes.assignments))
    rows = [
        {
            "strategy_id": strategy_ids[one.strategy],
            "instrument_id": instrument_ids[one.series.instrument],
            "interval": str(one.series.interval),
            "watchlist": one.watchlist,
            "account": one.account,
            "owner": one.owner,
            "limits": _limits_row(one.limits),
            "exits": asdict(one.exits),
        }
        for one in changes.assignments
    ]
    new = insert(assignments)
    values = {name: new.excluded[name] for name in ("watchlist", "owner", "limits", "exits")}
    key = ["strategy_id", "instrument_id", "interval", "account"]
    connection.execute(new.on_conflict_do_update(index_elements=key, set_={**values, "updated_at": func.now()}), rows)


def _matches(key: AssignmentKey) -> tuple[Any, ...]:
    strategy, series, account = key
    return (
        assignments.c.strategy_id == strategy_id(strategy),
        assignments.c.instrument_id == instrument_id(series.instrument),
        assignments.c.interval == str(series.interval),
        assignments.c.account == account,
    )


def _watchlist(row: Row[Any]) -> Watchlist:
    intervals = tuple(Interval(interval) for interval in row.intervals)
    monitored, dropped = (tuple(_series(text, row.venue) for text in texts) for texts in (row.monitored, row.dropped))
    return Watchlist(row.name, row.venue, row.source, intervals, tuple(row.symbols), monitored, dropped)


def _series_text(series: Series) -> str:
    return f"{series.symbol}_{series.interval}"


def _series(text: str, venue: str) -> Series:
    symbol, _, interval = text.rpartition("_")
    return Series(Instrument(symbol, venue), Interval(interval))


def _assignment(row: Row[Any]) -> Assignment:
    return Assignment(
        strategy=StrategyId(row.name, row.params),
        series=Series(Instrument(row.symbol, row.venue), Interval(row.interval)),
        watchlist=row.watchlist,
        account=row.account,
        owner=row.owner,
        limits=_limits(row.limits),
        exits=_exits(row.exits),
    )


def _limits_row(limits: Limits) -> dict[str, Any]:
    age = limits.max_price_age
    return {
        "mail_from": str(limits.mail_from),
        "order_from": str(limits.order_from),
        "trade_window": limits.trade_window and str(limits.trade_window),
        "max_price_age": age and age.total_seconds(),
        "max_move": limits.max_move,
        "max_positions": limits.max_positions,
    }


@lru_cache  # thousands of assignments have the same ones
def _exits(text: str) -> Exits:
    return Exits(**json.loads(text))


@lru_cache
def _limits(text: str) -> Limits:
    row = json.loads(text)
    window, age = row["trade_window"], row["max_price_age"]
    return Limits(
        mail_from=Level(row["mail_from"]),
        order_from=Level(row["order_from"]),
        trade_window=TradeWindow.parse(window) if window else None,
        max_price_age=None if age is None else timedelta(seconds=age),
        max_move=row["max_move"],
        max_positions=row["max_positions"],
    )
