"""What an installation did, read from where it is kept now, in the golden form.

Of the golden files' code only this module knows tables, folders and file formats; a program that keeps things otherwise
needs another reader, and the golden files stay. Facts come from the doors that users have (the commands' JSON, the
Maildir, the Parquet files) where these tell them, else from the database.
"""

import email
import hashlib
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from psycopg.rows import dict_row

from faults.installations import Installation, installation
from golden.flows import MADE_UP, Flow
from golden.tables import SHAPES, Row, Tables, computed, exact, lines, numbered

Document = Mapping[str, Any]
GOLDEN = Path(__file__).parent / "expected"
EVERYTHING = ("--limit", "1000000", "--json")
OF_INSTRUMENT = "JOIN instruments AS i ON i.id = t.instrument_id"
STRATEGY = "s.name AS strategy, s.params"
OF_STRATEGY = "JOIN strategies AS s ON s.id = t.strategy_id"
SIGNALS = (
    f"SELECT t.*, i.symbol, {STRATEGY}, p.platform || ':' || p.platform_id AS post FROM signals AS t "
    f"{OF_INSTRUMENT} {OF_STRATEGY} LEFT JOIN posts AS p ON p.id = t.post_id"
)
COLUMNS = ("open", "high", "low", "close", "volume")


def recorded(flow: Flow) -> Tables:
    """Let a new installation live through a flow, and read what it did."""
    with installation(flow.config) as target:
        told: dict[str, Document] = {}
        for command in flow.commands:
            told[command[0]] = target.run(*command, "--json").well().document
        state = target.run("status", "--json").well().document
        tables = {
            **_from_commands(target, {**told, "status": state}),
            **_from_mails(target.home / "maildir"),
            "bars": _from_parquet(target.home / "objects" / "bars"),
        }
        with psycopg.connect(target.server.url(), row_factory=dict_row) as connection:
            tables |= _from_database(connection, flow.cash)
    _require_books_that_add_up(state, tables)
    return {name: numbered(name, map(_movable, tables[name])) for name in SHAPES}


def _movable(row: Row) -> Row:
    """A row without the place of this checkout."""
    return {column: text.replace(str(MADE_UP), "made_up") for column, text in row.items()}


def strategy_text(name: str, params: str) -> str:
    """A strategy as the command line names it: ema_cross(fast=8, slow=21)."""
    return f"{name}({', '.join(f'{key}={value}' for key, value in sorted(json.loads(params).items()))})"


def _strategy(row: Document) -> str:
    return strategy_text(row["strategy"], row["params"])


# What commands tell


def _from_commands(target: Installation, told: Mapping[str, Document]) -> dict[str, list[Row]]:
    orders, fills = [], []
    for order in target.run("orders", *EVERYTHING).well().document:
        strategy = strategy_text(order["strategy"]["name"], order["strategy"]["params"])
        of = {"strategy": strategy, "symbol": order["instrument"]["symbol"], "side": order["side"]}
        of["client_order_id"] = order["client_order_id"]
        money = {name: _amount(order[name]) for name in ("budget", "quantity")}
        about = {"decided": order["decided_session"], "status": order["status"], "reason": order["reason"]}
        orders.append({**of, **money, **about})
        if fill := order["fill"]:
            amounts = {name: _amount(fill[name]) for name in ("quantity", "price", "commission")}
            fills.append({**of, **amounts, "session": fill["at"][:10]})
    documents = {**told, "status": _status(told["status"])}
    return {
        "orders": orders,
        "fills": fills,
        "quarantine": list(_quarantine(target.run("quarantine", "--json").well().document)),
        "sessions": [_session(report) for report in told["run-session"]["sessions"]],
        "figures": [row for of, document in documents.items() for row in _figures(of, document)],
    }


def _status(state: Document) -> Document:
    accounts = {account["name"]: account["cursor"] for account in state["accounts"]}
    kept = {name: state[name] for name in ("latest_partition", "rows", "outbox", "orders")}
    return {**kept, "account": accounts}


def _figures(of: str, document: Document, path: tuple[str, ...] = ()) -> Iterator[Row]:
    """Single values of a document by their path; lists are told elsewhere."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _figures(of, value, (*path, key))
        elif not isinstance(value, list):
            yield {"of": of, "what": " / ".join((*path, key)), "value": exact(value)}


def _session(report: Document) -> Row:
    ingested, text, decided = report["ingested"], report["text"], report["decided"]
    gaps = [f"{symbol}: {' '.join(days)}" for symbol, days in ingested["gaps"].items()]
    errors = {**ingested["errors"], **{feed["feed"]: feed["error"] for feed in text["collected"]["feeds"]}}
    counts = {
        **{name: ingested[name] for name in ("stored", "unchanged", "quarantined")},
        "indicators": report["indicators"],
        "posts": text["annotated"]["posts"],
        "mentions": text["annotated"]["mentions"],
        "decided": decided["new"] + text["decided"]["new"],
        **{name: sum(account[name] for account in report["accounts"]) for name in ("ordered", "filled")},
        "refused": sum(account["rejected"] for account in report["accounts"]),
        "queued": report["queued"],
        "sent": report["delivered"]["sent"],
    }
    return {
        "session": report["session"],
        **{name: str(count) for name, count in counts.items()},
        "gaps": lines(gaps),
        "errors": lines(f"{who}: {sentence}" for who, sentence in errors.items() if sentence),
        "skipped": lines([*decided["skipped"], *text["decided"]["skipped"]]),
    }


def _quarantine(document: Document) -> Iterator[Row]:
    for row in document["rows"]:
        yield {
            **{name: row[name] for name in ("source", "symbol", "session", "reason")},
            "place": row["place"],
            "row": json.dumps(row["row"], sort_keys=True),
        }


def _amount(text: str | None) -> str:
    return exact(None if text is None else Decimal(text))


# Mails


def _from_mails(maildir: Path) -> dict[str, list[Row]]:
    mails, pages, shown = [], [], set()
    for mail in sorted(_mails(maildir), key=lambda mail: (str(mail["To"]), str(mail["Subject"]))):
        of = {"to": str(mail["To"]), "subject": str(mail["Subject"])}
        contents = {part.get_content_type(): part for part in mail.walk()}
        html = re.sub(r"cid:[^\"]+", "cid:chart", _text(contents["text/html"]))
        mails.append(
            of
            | {
                "from": str(mail["From"]),
                "auto_submitted": str(mail["Auto-Submitted"]),
                "parts": " ".join(part.get_content_type() for part in mail.walk()),
                "chart": _size(contents["image/png"].get_content()),
                "text": _text(contents["text/plain"]),
                "html_sha256": hashlib.sha256(html.encode()).hexdigest(),
            }
        )
        strategy = of["subject"].split(" · ")[1]
        if strategy not in shown:
            shown.add(strategy)
            pages.append({**of, "html": html})
    return {"mails": mails, "pages": pages}


def _mails(maildir: Path) -> Iterator[EmailMessage]:
    for path in maildir.rglob("*"):
        if path.is_file():
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            assert isinstance(message, EmailMessage)
            yield message


def _text(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def _size(png: bytes) -> str:
    """Width and height of a PNG in pixels."""
    assert png.startswith(b"\x89PNG")
    return "{}x{}".format(*struct.unpack(">II", png[16:24]))


# Parquet files


def _from_parquet(folder: Path) -> list[Row]:
    series: dict[tuple[str, str, str, str], list[str]] = {}
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.ParquetFile(path).read()
        for bar in table.sort_by([("symbol", "ascending"), ("opened_at", "ascending")]).to_pylist():
            key = (bar["interval"], bar["venue"], bar["symbol"], str(bar["opened_at"].year))
            series.setdefault(key, []).append(bar_line(bar))
    return [
        {
            **dict(zip(SHAPES["bars"].keys, key, strict=True)),
            "rows": str(len(bars)),
            "first": bars[0],
            "last": bars[-1],
            "sha256": hashlib.sha256("\n".join(bars).encode()).hexdigest(),
        }
        for key, bars in series.items()
    ]


def bar_line(bar: Document) -> str:
    """Symbol, venue, opening time, open, high, low, close, volume."""
    parts = (bar["symbol"], bar["venue"], exact(bar["opened_at"]), *(exact(float(bar[name])) for name in COLUMNS))
    return " ".join(parts)


# The database


def _from_database(connection: psycopg.Connection[dict[str, Any]], opening: Decimal) -> dict[str, list[Row]]:
    def rows(query: str) -> list[dict[str, Any]]:
        return connection.execute(query).fetchall()

    entries = list(_booked(rows(f"SELECT t.*, i.symbol, {STRATEGY} FROM ledger AS t {OF_INSTRUMENT} {OF_STRATEGY}")))
    decided = [_day(row) for row in rows("SELECT DISTINCT opened_at FROM periods WHERE stage = 'decided'")]
    return {
        "signals": [_signal(row) for row in rows(SIGNALS)],
        "entries": [
            {
                **{name: exact(row[name]) for name in ("session", "kind", "strategy", "symbol", "cash", "quantity")},
            }
            for row in entries
        ],
        "account": [
            row for account in rows("SELECT * FROM accounts") for row in _days(account, opening, entries, decided)
        ],
        "corporate_actions": [
            {name: exact(row[name]) for name in ("symbol", "ex_date", "kind", "value")}
            for row in rows(f"SELECT t.*, i.symbol FROM corporate_actions AS t {OF_INSTRUMENT}")
        ],
        "indicators": [
            {"symbol": row["symbol"], "session": exact(row["opened_at"])[:10]}
            | {name: computed(row[name]) for name in SHAPES["indicators"].values}
            for row in rows(f"SELECT t.*, i.symbol FROM indicators AS t {OF_INSTRUMENT}")
        ],
        "verdicts": [_verdict(row) for row in rows("SELECT * FROM quality_results")],
        "posts": [
            {name: row[name] for name in ("feed", "kind", "author", "language")}
            | {"post": f"{row['platform']}:{row['platform_id']}", "available_at": exact(row["available_at"])}
            | {"sentiment": computed(row["sentiment"]), "topic": exact(row["topic"])}
            for row in rows("SELECT * FROM posts")
        ],
        "mentions": [
            {name: row[name] for name in ("symbol", "matched", "kind", "topic")}
            | {"post": f"{row['platform']}:{row['platform_id']}", "available_at": exact(row["available_at"])}
            | {name: computed(row[name]) for name in ("confidence", "sentiment", "impact")}
            | {"influencer": exact(row["influencer"])}
            for row in rows(
                "SELECT t.*, i.symbol, p.platform, p.platform_id FROM mentions AS t JOIN posts AS p ON p.id = post_id "
                + OF_INSTRUMENT
            )
        ],
    }


def _day(row: Document) -> date:
    """The date that names a daily bar."""
    opened_at: datetime = row["opened_at"]
    return opened_at.astimezone(UTC).date()


def _booked(lines_of_book: Iterable[Document]) -> Iterator[dict[str, Any]]:
    """The lines of one cause as one entry: its shares, and the cash with the commission; deposits are left out."""
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for line in lines_of_book:
        if line["kind"] == "deposit":
            continue
        kind = "fill" if line["kind"] == "commission" else line["kind"]
        strategy, symbol = _strategy(line), line["symbol"]
        entry = found.setdefault(
            (line["account_id"], kind, line["cause"], strategy, symbol),
            {
                "account_id": line["account_id"],
                "session": line["effective_at"].astimezone(UTC).date(),
                "kind": kind,
                "strategy": strategy,
                "symbol": symbol,
                "cash": Decimal(0),
                "quantity": Decimal(0),
            },
        )
        entry["cash" if line["asset"] else "quantity"] += line["amount"]
    yield from found.values()


def _signal(row: Document) -> Row:
    return {
        "strategy": _strategy(row),
        "session": _day(row).isoformat(),
        **{name: exact(row[name]) for name in ("symbol", "post", "side", "close", "available_at", "reason")},
        **{name: computed(row[name]) for name in ("confidence", "size", "shares")},
        "inputs_hash": row["inputs_hash"][:16],
    }


def _verdict(row: Document) -> Row:
    return {
        **{name: exact(row[name]) for name in ("suite", "source", "evaluated", "passed")},
        "batch": re.sub(r"/\d{4}/\d\d/\d\d/", "/", row["batch"]),  # a page of posts is named by the day it was read
        "failed": lines(f"{rule}: {count}" for rule, count in row["expectations"].items() if count),
        "gaps": lines(f"{symbol}: {' '.join(days)}" for symbol, days in row["gaps"].items()),
        "errors": lines(f"{symbol}: {sentence}" for symbol, sentence in row["errors"].items()),
    }


def _days(account: Document, opening: Decimal, entries: Iterable[Document], decided: Iterable[date]) -> Iterator[Row]:
    """Cash and positions after each session, as the book adds up."""
    own = [entry for entry in entries if entry["account_id"] == account["id"]]
    for day in sorted(day for day in decided if day >= account["start"].astimezone(UTC).date()):
        booked = [entry for entry in own if entry["session"] <= day]
        held: dict[str, Decimal] = {}
        for entry in booked:
            position = f"{entry['strategy']} {entry['symbol']}"
            held[position] = held.get(position, Decimal(0)) + entry["quantity"]
        yield {
            "account": account["name"],
            "session": exact(day),
            "cash": exact(opening + sum((entry["cash"] for entry in booked), Decimal(0))),
            "positions": lines(f"{position} {exact(quantity)}" for position, quantity in held.items() if quantity),
        }


def _require_books_that_add_up(state: Document, tables: Mapping[str, list[Row]]) -> None:
    """What `status` tells of an account at the end must be what its book adds up to."""
    for account in state["accounts"]:
        days = [row for row in tables["account"] if row["account"] == account["name"]]
        held = lines(f"{position} {_amount(quantity)}" for position, quantity in account["positions"].items())
        assert (days[-1]["cash"], days[-1]["positions"]) == (_amount(account["cash"]), held), account["name"]
