"""Everything that a user can see of an installation, in a form that two installations can be compared by.

Rows are named by natural keys; surrogate ids and wall-clock times are left out.
"""

import email
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import policy
from pathlib import Path
from typing import Any

import psycopg
import psycopg.sql

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.repositories.bars import INDICATORS

INSTRUMENT = "i.symbol, i.venue"
OF_INSTRUMENT = "JOIN instruments AS i ON i.id = t.instrument_id"
# By table: what is seen of it. The text of an error may depend on the moment, so only whether there is one counts.
QUERIES = {
    "instruments": "SELECT symbol, venue FROM instruments",
    "bars": f"""
        SELECT {INSTRUMENT}, interval, opened_at, closed_at, open, high, low, close, volume, source
        FROM bars AS t {OF_INSTRUMENT}""",
    "corporate_actions": f"""
        SELECT {INSTRUMENT}, ex_date, kind, value, source FROM corporate_actions AS t {OF_INSTRUMENT}""",
    "indicators": f"""
        SELECT {INSTRUMENT}, interval, opened_at, {", ".join(INDICATORS)} FROM indicators AS t {OF_INSTRUMENT}""",
    "signals": f"""
        SELECT strategy, params, {INSTRUMENT}, interval, session, side, confidence, size, close, reason, inputs_hash,
            shares, post, available_at
        FROM signals AS t {OF_INSTRUMENT}""",
    "sessions": "SELECT venue, session, stage FROM sessions",
    "accounts": "SELECT name, venue, start_session, cursor_session, cash FROM accounts",
    "positions": f"""
        SELECT a.name, strategy, params, {INSTRUMENT}, quantity
        FROM positions AS t JOIN accounts AS a ON a.id = t.account_id {OF_INSTRUMENT}""",
    "orders": f"""
        SELECT a.name, client_order_id, strategy, params, {INSTRUMENT}, side, budget, t.quantity, decided_session,
            status, reason
        FROM orders AS t JOIN accounts AS a ON a.id = t.account_id {OF_INSTRUMENT}""",
    "fills": """
        SELECT o.client_order_id, session, t.quantity, price, commission
        FROM fills AS t JOIN orders AS o ON o.id = order_id""",
    "entries": f"""
        SELECT a.name, session, kind, strategy, params, {INSTRUMENT}, t.cash, quantity
        FROM entries AS t JOIN accounts AS a ON a.id = t.account_id {OF_INSTRUMENT}""",
    "subscriptions": "SELECT address, symbol, strategy, venue, start_session, cursor_session FROM subscriptions",
    "outbox": "SELECT dedupe_key, address, signal_key, session, status, last_error <> '', sent_at IS NULL FROM outbox",
    "quarantine": "SELECT source, place, symbol, session, reason, row::text, fingerprint FROM quarantine",
    "quality_results": """
        SELECT suite, source, batch, evaluated, passed, expectations::text, holes::text, errors::text
        FROM quality_results""",
    "posts": """
        SELECT platform, platform_id, feed, kind, author, published_at, seen_at, title, body, url, language,
            read_at IS NULL, sentiment, topic
        FROM posts""",
    "mentions": f"""
        SELECT p.platform, p.platform_id, {INSTRUMENT}, t.available_at, matched, t.kind, confidence, t.sentiment,
            t.topic, impact, influencer
        FROM mentions AS t JOIN posts AS p ON p.id = t.post_id {OF_INSTRUMENT}""",
    "feeds": "SELECT name, newest_at, newest_id, token, error <> '' FROM feeds",
    "imported_files": "SELECT fingerprint, path, read FROM imported_files",
}
OBJECTS = ("bars", "raw")  # quality/ holds pages that tell the time at which they were made


@dataclass(frozen=True)
class World:
    """Sorted rows by table, SHA-256 of objects by key, and mails by file name."""

    tables: Mapping[str, Sequence[tuple[Any, ...]]]
    objects: Mapping[str, str]
    mails: Mapping[str, str]

    def without(self, *tables: str, raw: bool = True) -> "World":
        """The world without some tables, and without raw payloads unless `raw`."""
        return World(
            {name: rows for name, rows in self.tables.items() if name not in tables},
            {key: digest for key, digest in self.objects.items() if raw or not key.startswith("raw/")},
            self.mails,
        )

    def differences(self, other: "World", most: int = 3) -> list[str]:
        """What is not the same here and there, a few of each kind; empty if nothing."""
        found = []
        for name, rows in self.tables.items():
            here, there = set(rows), set(other.tables[name])
            if len(here) != len(rows):
                found.append(f"{name}: a row is there twice")
            found += [f"{name}: only here {row}" for row in sorted(here - there, key=repr)[:most]]
            found += [f"{name}: only there {row}" for row in sorted(there - here, key=repr)[:most]]
        for what, mine, theirs in (("object", self.objects, other.objects), ("mail", self.mails, other.mails)):
            keys = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
            found += [
                f"{what} {key}: {mine.get(key, 'none')[:2000]} here, {theirs.get(key, 'none')[:2000]} there"
                for key in keys[:most]
            ]
        return found


def read_world(home: Path) -> World:
    """The world of an installation, whose server must be up."""
    with psycopg.connect(EmbeddedPostgres(home).url()) as connection:
        tables = {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in QUERIES.items()}
        known = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name !~ '^bars_'"
        ).fetchall()
        for name in {name for (name,) in known} - tables.keys() - {"alembic_version"}:
            row = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(name)))
            assert row.fetchone() == (0,), f"the table {name} is written, and nobody compares it"
    return World(tables, _objects(home / "objects"), _mails(home / "maildir"))


def _objects(root: Path) -> dict[str, str]:
    files = [path for folder in OBJECTS for path in (root / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _mails(maildir: Path) -> dict[str, str]:
    """Delivered mails and drafts by their place below the Maildir, without the date."""
    mails = {}
    for path in maildir.rglob("*"):
        if path.is_file():
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            assert message["Date"], f"{path} has no date"
            del message["Date"]
            mails[str(path.relative_to(maildir))] = message.as_string()
    return mails
