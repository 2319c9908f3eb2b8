"""Corporate actions in PostgreSQL: those that hold now in one table, and versions that hold no longer in another."""

from __future__ import annotations

import json
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from algo_trading.adapters.postgres.upsert import SEPARATOR, lock_instruments
from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.bars import NOTHING_COVERED, ActionVersion, Covered, UpsertCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from algo_trading.adapters.postgres.database import ArrowConnection, Database

CAME = """
came AS (
    SELECT i.id AS instrument_id, c.ex_date, c.kind, c.value, c.target
    FROM jsonb_to_recordset($1::jsonb)
        AS c (symbol text, venue text, ex_date date, kind text, value double precision, target text)
    JOIN instruments AS i USING (symbol, venue)
)"""
COLUMNS = "instrument_id, ex_date, kind, value, target, source, seen_at"
# A person's word stands until a person takes it back.
END_VERSIONS = f"""
WITH {CAME},
covered AS (
    SELECT i.id AS instrument_id, c.first, c.last
    FROM jsonb_to_recordset($2::jsonb) AS c (symbol text, venue text, first date, last date)
    JOIN instruments AS i USING (symbol, venue)
),
changed AS (
    SELECT a.instrument_id, a.ex_date, a.kind
    FROM came AS c JOIN corporate_actions AS a USING (instrument_id, ex_date, kind)
    WHERE (c.value, c.target) <> (a.value, a.target)
),
untold AS (
    SELECT a.instrument_id, a.ex_date, a.kind
    FROM covered AS v
    JOIN corporate_actions AS a ON a.instrument_id = v.instrument_id AND a.ex_date BETWEEN v.first AND v.last
    LEFT JOIN came AS c ON (c.instrument_id, c.ex_date, c.kind) = (a.instrument_id, a.ex_date, a.kind)
    WHERE a.source = $3 AND c.kind IS NULL
),
gone AS (
    DELETE FROM corporate_actions AS a
    USING (SELECT * FROM changed UNION SELECT * FROM untold) AS k
    WHERE (k.instrument_id, k.ex_date, k.kind) = (a.instrument_id, a.ex_date, a.kind)
      AND (a.source <> '{PERSON}' OR $3 = '{PERSON}')
    RETURNING {", ".join(f"a.{name}" for name in COLUMNS.split(", "))}
),
ended AS (
    INSERT INTO withdrawn_actions ({COLUMNS}, withdrawn_at) SELECT {COLUMNS}, now() FROM gone
    RETURNING instrument_id, ex_date, kind
)
SELECT count(c.kind) AS changed
FROM ended AS e LEFT JOIN came AS c ON (c.instrument_id, c.ex_date, c.kind) = (e.instrument_id, e.ex_date, e.kind)
"""
ADD = f"""
WITH {CAME},
added AS (
    INSERT INTO corporate_actions (instrument_id, ex_date, kind, value, target, source) SELECT c.*, $2 FROM came AS c
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT count(*) AS added FROM added
"""
WITHDRAW = f"""
WITH gone AS (
    DELETE FROM corporate_actions AS a USING instruments AS i
    WHERE i.id = a.instrument_id AND (i.symbol, i.venue, a.ex_date, a.kind) = ($1, $2, $3::date, $4)
    RETURNING {", ".join(f"a.{name}" for name in COLUMNS.split(", "))}
),
ended AS (INSERT INTO withdrawn_actions ({COLUMNS}, withdrawn_at) SELECT {COLUMNS}, now() FROM gone RETURNING 1)
SELECT count(*) AS ended FROM ended
"""
VERSIONS = f"""
SELECT {COLUMNS}, NULL::timestamptz AS withdrawn_at FROM corporate_actions
UNION ALL SELECT {COLUMNS}, withdrawn_at FROM withdrawn_actions
"""
NAMED = "(i.symbol, i.venue) IN (SELECT * FROM unnest(string_to_array($1, $3), string_to_array($2, $3)))"
HOLDING = """
SELECT i.symbol, i.venue, a.ex_date, a.kind, a.value, a.target
FROM corporate_actions AS a JOIN instruments AS i ON i.id = a.instrument_id
WHERE (i.symbol, i.venue) IN (SELECT * FROM unnest(CAST(:symbols AS text[]), CAST(:venues AS text[])))
    AND a.ex_date BETWEEN :first AND :last
"""


class PostgresCorporateActions:
    """Implements CorporateActionRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(
        self, actions: Iterable[CorporateAction], source: str, covered: Covered = NOTHING_COVERED
    ) -> UpsertCount:
        with self._database.arrow() as connection:
            return upsert_actions(connection, actions, source, covered)

    def withdraw(self, instrument: Instrument, ex_date: date, kind: ActionKind) -> bool:
        with self._database.arrow() as connection:
            key = (instrument.symbol, instrument.venue, ex_date.isoformat(), str(kind))
            return bool(connection.read(WITHDRAW, key)["ended"][0].as_py())

    def read(self, instruments: Sequence[Instrument], last: date, first: date | None = None) -> list[CorporateAction]:
        names = {"symbols": [one.symbol for one in instruments], "venues": [one.venue for one in instruments]}
        with self._database.engine.connect() as connection:
            rows = connection.execute(text(HOLDING), {**names, "first": first or date.min, "last": last}).mappings()
            return sorted(_action(dict(row)) for row in rows)

    def changed_at(self) -> datetime | None:
        query = """
            SELECT greatest(
                (SELECT max(seen_at) FROM corporate_actions), (SELECT max(withdrawn_at) FROM withdrawn_actions)
            ) AS moment
            """
        with self._database.arrow() as connection:
            moment: datetime | None = connection.read(query)["moment"][0].as_py()
        return None if moment is None else moment.astimezone(UTC)

    def versions(
        self, instruments: Sequence[Instrument] | None = None, since: datetime | None = None
    ) -> list[ActionVersion]:
        names = _names(instruments or ())
        query = f"""
            SELECT i.symbol, i.venue, v.* FROM ({VERSIONS}) AS v JOIN instruments AS i ON i.id = v.instrument_id
            WHERE ($5 OR {NAMED}) AND greatest(v.seen_at, v.withdrawn_at) > coalesce($4::timestamptz, '-infinity')
            """
        moment = None if since is None else since.isoformat()
        with self._database.arrow() as connection:
            rows = connection.read(query, (*names, moment, instruments is None)).to_pylist()
        found = [
            ActionVersion(
                _action(row),
                row["source"],
                row["seen_at"].astimezone(UTC),
                None if row["withdrawn_at"] is None else row["withdrawn_at"].astimezone(UTC),
            )
            for row in rows
        ]
        return sorted(found, key=lambda version: (version.action.key, version.seen_at))


def upsert_actions(
    connection: ArrowConnection, actions: Iterable[CorporateAction], source: str, covered: Covered = NOTHING_COVERED
) -> UpsertCount:
    """As PostgresCorporateActions.upsert, in the transaction of `connection`."""
    newest = {action.key: action for action in sorted(set(actions))}
    if not newest and not covered:
        return UpsertCount()
    lock_instruments(connection, sorted({(one.symbol, one.venue) for one in [*(k[0] for k in newest), *covered]}))
    came = json.dumps([_row(action) for action in newest.values()])
    ranges = [
        {"symbol": one.symbol, "venue": one.venue, "first": first.isoformat(), "last": last.isoformat()}
        for one, (first, last) in covered.items()
    ]
    changed = int(connection.read(END_VERSIONS, (came, json.dumps(ranges), source))["changed"][0].as_py())
    added = int(connection.read(ADD, (came, source))["added"][0].as_py())
    return UpsertCount(added - changed, changed, len(newest) - added)


def _row(action: CorporateAction) -> dict[str, object]:
    return {
        "symbol": action.instrument.symbol,
        "venue": action.instrument.venue,
        "ex_date": action.ex_date.isoformat(),
        "kind": str(action.kind),
        "value": action.value,
        "target": action.target,
    }


def _action(row: Mapping[str, Any]) -> CorporateAction:
    instrument = Instrument(row["symbol"], row["venue"])
    return CorporateAction(instrument, row["ex_date"], ActionKind(row["kind"]), row["value"], row["target"])


def _names(instruments: Sequence[Instrument]) -> tuple[str, str, str]:
    symbols, venues = (SEPARATOR.join(getattr(one, name) for one in instruments) for name in ("symbol", "venue"))
    return symbols, venues, SEPARATOR
