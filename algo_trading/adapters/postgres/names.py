"""Names of instruments over time in PostgreSQL: rows name an instrument by its id, so a new name is one row's.

Texts that name instruments by symbol (watchlists, subscriptions, what is held back, causes of a book's lines) follow.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from algo_trading.adapters.postgres.database import Database
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName
from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Row

NAMES = """
SELECT f.symbol, f.venue, f.until, i.symbol AS now
FROM former_names AS f JOIN instruments AS i ON i.id = f.instrument_id
"""
ALIKE = 0.01  # by which closes of one day may differ
# Tables that name an instrument by its id, with what else is in their keys.
MOVED: Mapping[str, tuple[str, ...]] = {
    "bars": ("interval", "opened_at"),
    "corporate_actions": ("ex_date", "kind"),
    "withdrawn_actions": ("ex_date", "kind", "seen_at"),
    "trading_rules": (),
    "fundamentals": ("seen_at",),
    "indicators": ("interval", "opened_at"),
    "listings": (),
    "listing_history": ("seen_at",),
    "mentions": ("post_id",),
    "assignments": ("strategy_id", "interval", "account"),
    "recommendations": ("interval", "session"),
    "signals": ("strategy_id", "interval", "opened_at", "post_id"),
    "candle_scores": ("at",),
    "candle_ranks": ("interval",),
    "tuned_thresholds": ("timeframes", "usable_from"),
    "former_names": ("symbol", "venue", "until"),
}
BOOKED = ("ledger", "orders", "positions")  # of accounts
SET_SYMBOL = "UPDATE instruments SET symbol = :new WHERE id = :id"
CHANGED_ACCOUNTS = """
UPDATE accounts SET version = version + 1 WHERE id IN (
    SELECT account_id FROM positions WHERE instrument_id = :id
    UNION SELECT account_id FROM orders WHERE instrument_id = :id
)
"""
SERIES = """
INSERT INTO series (instrument_id, interval, first_opened_at, last_opened_at, bars)
SELECT instrument_id, interval, min(opened_at), max(opened_at), count(*) FROM bars WHERE instrument_id = :kept
GROUP BY instrument_id, interval
"""
COMMON_DAYS = """
SELECT count(*), count(*) FILTER (WHERE abs(one.close / other.close - 1) > :alike)
FROM bars AS one JOIN bars AS other USING (interval, opened_at)
WHERE one.instrument_id = :gone AND other.instrument_id = :kept
"""
# By symbol and venue, and where a row of the new name is there already the old one goes.
SUBSCRIBED = {"subscriptions": ("address", "strategy", "channel"), "score_subscriptions": ("address",)}
OF_TARGETS = """
UPDATE {table} AS a SET target = :new FROM instruments AS i
WHERE i.id = a.instrument_id AND i.venue = :venue AND a.target = :old
"""
OF_CAUSES = """
UPDATE ledger SET cause = replace(
    cause, ' of ' || :old || ' (' || :venue || ') on ', ' of ' || :new || ' (' || :venue || ') on '
) WHERE instrument_id = :id
"""
OF_SIGNAL_KEYS = """
UPDATE orders SET signal_key = replace(
    signal_key, ',"' || :old || '","' || :venue || '",', ',"' || :new || '","' || :venue || '",'
) WHERE instrument_id = :id
"""
OF_HELD_ROWS = """
UPDATE quarantine SET symbol = :new, row = jsonb_set(row, '{symbol}', to_jsonb(CAST(:new AS text)))
WHERE symbol = :old AND row->>'venue' = :venue
"""
OF_FAILURES = """
UPDATE strategy_failures AS f SET symbol = :new
WHERE symbol = :old AND venue = :venue AND NOT EXISTS (
    SELECT FROM strategy_failures AS o
    WHERE (o.strategy, o.params, o.symbol, o.venue, o.interval, o.since)
        = (f.strategy, f.params, :new, f.venue, f.interval, f.since)
)
"""
SERIES_TEXTS = """(
    SELECT coalesce(array_agg(
        CASE WHEN starts_with(one, :old || '_') THEN :new || substr(one, length(:old) + 1) ELSE one END ORDER BY at
    ), '{{}}')
    FROM unnest({column}) WITH ORDINALITY AS texts (one, at)
)"""
OF_WATCHLISTS = f"""
UPDATE watchlists SET
    symbols = CASE WHEN :new = ANY (symbols) THEN array_remove(symbols, :old)
              ELSE array_replace(symbols, :old, :new) END,
    monitored = {SERIES_TEXTS.format(column="monitored")},
    dropped = {SERIES_TEXTS.format(column="dropped")},
    updated_at = now()
WHERE venue = :venue
"""
TEXTS = (
    OF_TARGETS.format(table="corporate_actions"),
    OF_TARGETS.format(table="withdrawn_actions"),
    OF_CAUSES,
    OF_SIGNAL_KEYS,
    OF_HELD_ROWS,
    OF_FAILURES,
    OF_WATCHLISTS,
)
ADD_NAME = """
INSERT INTO former_names (symbol, venue, until, instrument_id, source) VALUES (:symbol, :venue, :until, :id, :source)
"""
REMOVE_NAME = "DELETE FROM former_names WHERE (symbol, venue, until) = (:symbol, :venue, :until)"


class PostgresNames:
    """Implements NameRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[FormerName]:
        with self._database.engine.connect() as connection:
            return sorted(map(_name, connection.execute(text(NAMES))))

    def newest(self, instruments: Iterable[Instrument]) -> Mapping[Instrument, FormerName]:
        wanted = set(instruments)
        found = {one.instrument: one for one in self.all() if one.instrument in wanted}  # the newest one comes last
        if not found:
            return {}
        with self._database.engine.connect() as connection:
            return {one: name for one, name in found.items() if _id(connection, one) is None}

    def rename(self, name: FormerName, source: str) -> bool:
        old, new = name.instrument, name.now
        with self._database.engine.begin() as connection:
            connection.execute(text("LOCK TABLE instruments IN SHARE ROW EXCLUSIVE MODE"))
            if name in set(map(_name, connection.execute(text(NAMES)))):
                return False
            before, after = _id(connection, old), _id(connection, new)
            if before is None and after is None:
                raise ConfigError(f"nothing is known of {old} or {new} ({old.venue}), so there is nothing to rename")
            if before is not None:
                after = before if after is None else _join(connection, name, before, after)
                _set_symbol(connection, after, old, new)
            connection.execute(text(ADD_NAME), {**_key(name), "id": after, "source": source})
        return True

    def undo(self, name: FormerName) -> bool:
        old, new = name.instrument, name.now
        with self._database.engine.begin() as connection:
            connection.execute(text("LOCK TABLE instruments IN SHARE ROW EXCLUSIVE MODE"))
            own = [one for one in map(_name, connection.execute(text(NAMES))) if one.now == new]
            if name not in own or any(one.until > name.until for one in own):
                return False
            if _id(connection, old) is not None:
                raise ConfigError(f"another instrument is called {old} by now, so {new} cannot get that name back")
            instrument = _id(connection, new)
            assert instrument is not None
            connection.execute(text(REMOVE_NAME), _key(name))
            _set_symbol(connection, instrument, new, old)
        return True


def _name(row: "Row[Any]") -> FormerName:
    return FormerName(Instrument(row.symbol, row.venue), row.until, Instrument(row.now, row.venue))


def _key(name: FormerName) -> dict[str, object]:
    return {"symbol": name.instrument.symbol, "venue": name.instrument.venue, "until": name.until}


def _id(connection: Connection, instrument: Instrument) -> int | None:
    query = text("SELECT id FROM instruments WHERE (symbol, venue) = (:symbol, :venue)")
    found: int | None = connection.execute(
        query, {"symbol": instrument.symbol, "venue": instrument.venue}
    ).scalar_one_or_none()
    return found


def _set_symbol(connection: Connection, instrument: int, old: Instrument, new: Instrument) -> None:
    """Give an instrument its new name, wherever it is named by a text too."""
    values = {"id": instrument, "old": old.symbol, "new": new.symbol, "venue": old.venue}
    # Who works on an account that has it finds that it has changed, and begins again.
    for statement in (SET_SYMBOL, CHANGED_ACCOUNTS, *TEXTS):
        connection.execute(text(statement), values)
    for table, key in SUBSCRIBED.items():
        same = " AND ".join(f"o.{column} = t.{column}" for column in key)
        mine = "t.symbol = :old AND t.venue = :venue"
        taken = f"EXISTS (SELECT FROM {table} AS o WHERE o.symbol = :new AND o.venue = :venue AND {same})"
        connection.execute(text(f"DELETE FROM {table} AS t WHERE {mine} AND {taken}"), values)
        connection.execute(text(f"UPDATE {table} AS t SET symbol = :new WHERE {mine}"), values)


def _join(connection: Connection, name: FormerName, before: int, after: int) -> int:
    """Make one instrument of two, and return its id: that of the one that accounts have traded."""
    both = {"kept": after, "gone": before, "alike": ALIKE}
    days, differing = connection.execute(text(COMMON_DAYS), both).one()
    if differing * 2 > days:
        raise ConfigError(
            f"{name.now} has other prices than {name.instrument} in {differing} of {days} periods in which both have "
            "bars: they are two companies, or one of them has wrong bars"
        )
    traded = [one for one in (before, after) if _booked(connection, one)]
    if len(traded) > 1:
        raise ConfigError(
            f"accounts have traded both {name.instrument} and {name.now}, which cannot become one; tell a merger: "
            f"`algo-trading action add {name.instrument} merged {name.until} 1 --into {name.now}`"
        )
    kept = traded[0] if traded else after
    gone = before if kept == after else after
    # Of a day the bars under the new name count.
    losing, winning = (gone, kept) if kept == after else (kept, gone)
    connection.execute(text(_without("bars", MOVED["bars"])), {"one": losing, "other": winning})
    for table, key in MOVED.items():
        if table == "recommendations":
            chosen = "SELECT id FROM recommendations AS t WHERE t.instrument_id = :one AND " + _same(table, key)
            connection.execute(
                text(f"DELETE FROM backtests WHERE recommendation_id IN ({chosen})"), {"one": gone, "other": kept}
            )
        connection.execute(text(_without(table, key)), {"one": gone, "other": kept})
        connection.execute(
            text(f"UPDATE {table} SET instrument_id = :kept WHERE instrument_id = :gone"), {"kept": kept, "gone": gone}
        )
    connection.execute(text("DELETE FROM series WHERE instrument_id IN (:kept, :gone)"), {"kept": kept, "gone": gone})
    connection.execute(text(SERIES), {"kept": kept})
    connection.execute(text("DELETE FROM instruments WHERE id = :gone"), {"gone": gone})
    return kept


def _same(table: str, key: Iterable[str]) -> str:
    conditions = "".join(f" AND o.{column} IS NOT DISTINCT FROM t.{column}" for column in key)
    return f"EXISTS (SELECT FROM {table} AS o WHERE o.instrument_id = :other{conditions})"


def _without(table: str, key: Iterable[str]) -> str:
    """Remove the rows of one instrument whose keys are there of another one."""
    return f"DELETE FROM {table} AS t WHERE t.instrument_id = :one AND {_same(table, key)}"


def _booked(connection: Connection, instrument: int) -> bool:
    there = " OR ".join(f"EXISTS (SELECT FROM {table} WHERE instrument_id = :id)" for table in BOOKED)
    return bool(connection.execute(text(f"SELECT {there}"), {"id": instrument}).scalar_one())
