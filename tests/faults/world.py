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
STRATEGY = "s.name, s.params"
OF_STRATEGY = "JOIN strategies AS s ON s.id = t.strategy_id"
OF_ACCOUNT = "JOIN accounts AS a ON a.id = t.account_id"
OF_ORDER = "JOIN orders AS o ON o.id = t.order_id"
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
    "strategies": "SELECT name, params FROM strategies",
    "watchlists": "SELECT name, venue, source, intervals::text, symbols::text FROM watchlists",
    "assignments": f"""
        SELECT {STRATEGY}, {INSTRUMENT}, interval, watchlist, account, owner, limits::text, exits::text
        FROM assignments AS t {OF_STRATEGY} {OF_INSTRUMENT}""",
    "signals": f"""
        SELECT {STRATEGY}, {INSTRUMENT}, interval, opened_at, side, confidence, size, close, reason, inputs_hash,
            shares, p.platform, p.platform_id, t.available_at
        FROM signals AS t {OF_STRATEGY} {OF_INSTRUMENT} LEFT JOIN posts AS p ON p.id = t.post_id""",
    "periods": "SELECT watchlist, interval, opened_at, stage, notified_at IS NULL FROM periods",
    "accounts": """
        SELECT name, broker, currency, mode, owner, start, position_fraction, commission, commission_fixed,
            slippage_bps, interest, borrow, participation, shorts, sizer
        FROM accounts""",
    "account_checks": f"SELECT a.name, found::text FROM account_checks AS t {OF_ACCOUNT}",
    "account_clocks": f"SELECT a.name, venue, interval, t.start, cursor, begun FROM account_clocks AS t {OF_ACCOUNT}",
    "cash": f"SELECT a.name, asset, amount FROM cash AS t {OF_ACCOUNT}",
    "positions": f"""
        SELECT a.name, {STRATEGY}, {INSTRUMENT}, interval, quantity, entry_price, best_price, opened_by, exits::text
        FROM positions AS t {OF_ACCOUNT} {OF_STRATEGY} {OF_INSTRUMENT}""",
    "orders": f"""
        SELECT a.name, client_order_id, {STRATEGY}, {INSTRUMENT}, interval, side, type, opened_at, decided_at,
            quantity, budget, limit_price, stop_price, closes, signal_key, status, filled, reason, valid_until,
            exits::text, triggered
        FROM orders AS t {OF_ACCOUNT} {OF_STRATEGY} {OF_INSTRUMENT}""",
    "order_events": f"""
        SELECT o.client_order_id, t.status, t.quantity, t.filled, t.reason FROM order_events AS t {OF_ORDER}""",
    "submissions": f"SELECT o.client_order_id, t.error <> '' FROM submissions AS t {OF_ORDER}",
    "fills": f"""
        SELECT o.client_order_id, execution_id, t.at, t.quantity, price, value, commission, commission_asset
        FROM fills AS t {OF_ORDER}""",
    "ledger": f"""
        SELECT a.name, kind, cause, asset, {STRATEGY}, {INSTRUMENT}, interval, amount, effective_at
        FROM ledger AS t {OF_ACCOUNT} LEFT {OF_STRATEGY} LEFT {OF_INSTRUMENT}""",
    "subscriptions": "SELECT address, channel, symbol, strategy, venue, start, min_confidence FROM subscriptions",
    "notice_contents": "SELECT kind, key, at FROM notice_contents",
    "notices": """
        SELECT dedupe_key, kind, key, recipient, channel, n.at, status, last_error <> '', sent_at IS NULL
        FROM notices AS n JOIN notice_contents AS c ON c.id = content_id""",
    "quarantine": "SELECT source, place, symbol, session, reason, row::text, fingerprint FROM quarantine",
    "quality_results": """
        SELECT suite, source, batch, evaluated, passed, expectations::text, gaps::text, errors::text
        FROM quality_results""",
    "posts": """
        SELECT platform, platform_id, feed, kind, author, published_at, seen_at, title, body, url, language,
            read_at IS NULL, sentiment, topic
        FROM posts""",
    "mentions": f"""
        SELECT p.platform, p.platform_id, {INSTRUMENT}, t.available_at, matched, t.kind, confidence, t.sentiment,
            t.topic, impact, influencer, option_direction, strikes::text, expiries::text
        FROM mentions AS t JOIN posts AS p ON p.id = t.post_id {OF_INSTRUMENT}""",
    "feeds": "SELECT name, newest_at, newest_id, token, error <> '' FROM feeds",
    "series": f"SELECT {INSTRUMENT}, interval, first_opened_at, last_opened_at, bars FROM series AS t {OF_INSTRUMENT}",
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
