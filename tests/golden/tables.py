"""The golden form: what an installation did, in its user's words, as tables of text that are kept as CSV files.

Nothing here knows how the program stores things. A row is named by the key columns of its table; where several rows
have one name, a number in the column `nth` tells them apart.
"""

import csv
import difflib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]
Tables = Mapping[str, list[Row]]
SHOWN = 3  # differences of a kind that are spelled out
NTH = "nth"


@dataclass(frozen=True)
class Shape:
    """The columns of a table: those that name a row, and those that are compared."""

    keys: tuple[str, ...]
    values: tuple[str, ...]


SHAPES = {
    # Holds included. inputs_hash is cut to 16 digits.
    "signals": Shape(
        ("strategy", "symbol", "session", "post"),
        ("side", "confidence", "size", "shares", "close", "available_at", "inputs_hash", "reason"),
    ),
    "orders": Shape(
        ("decided", "strategy", "symbol", "side"), ("status", "budget", "quantity", "client_order_id", "reason")
    ),
    "fills": Shape(
        ("session", "strategy", "symbol", "side"), ("quantity", "price", "commission", "client_order_id")
    ),
    "entries": Shape(("session", "kind", "strategy", "symbol"), ("cash", "quantity")),
    # After each session; `positions` has a line for each.
    "account": Shape(("account", "session"), ("cash", "positions")),
    # `parts` are content types, `chart` is a picture's width and height, html is hashed without the chart's id.
    "mails": Shape(("to", "subject"), ("from", "auto_submitted", "parts", "chart", "text", "html_sha256")),
    # The HTML of one mail for each strategy.
    "pages": Shape(("to", "subject"), ("html",)),
    # The Parquet files; the hash is over the rows as `bar_line` writes them, `first` and `last` are such rows.
    "bars": Shape(("interval", "venue", "symbol", "year"), ("rows", "first", "last", "sha256")),
    "corporate_actions": Shape(("symbol", "ex_date", "kind"), ("value",)),
    "indicators": Shape(
        ("symbol", "session"),
        (
            "sma_7", "sma_21", "sma_50", "sma_100", "sma_200", "ema_12", "ema_26", "rsi_14", "macd", "macd_signal",
        ),
    ),
    "quarantine": Shape(("source", "place", "reason"), ("symbol", "session", "row")),
    # `failed` has a line for each rule that a row broke.
    "verdicts": Shape(("suite", "source", "batch"), ("evaluated", "passed", "failed", "gaps", "errors")),
    "posts": Shape(("post",), ("feed", "kind", "author", "available_at", "language", "sentiment", "topic")),
    "mentions": Shape(
        ("post", "symbol"),
        ("available_at", "matched", "kind", "confidence", "sentiment", "topic", "impact", "influencer"),
    ),
    # What `run-session --json` told of each session.
    "sessions": Shape(
        ("session",),
        (
            "stored", "unchanged", "quarantined", "gaps", "errors", "indicators", "posts", "mentions", "decided",
            "skipped", "ordered", "filled", "refused", "queued", "sent",
        ),
    ),
    # Of `status --json` and of the other commands' JSON.
    "figures": Shape(("of", "what"), ("value",)),
}  # fmt: skip


def exact(value: object) -> str:
    """A stored value as text; equal values have equal texts whatever number of digits a column keeps."""
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value.normalize():f}" if value else "0"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case float():
            return repr(value)
    return str(value)


def computed(value: float | None) -> str:
    """A computed float to 10 digits: the order of additions may change the ones behind."""
    return "" if value is None else f"{value:.10g}"


def lines(parts: Iterable[str]) -> str:
    """Texts as the lines of one cell, sorted."""
    return "\n".join(sorted(parts))


def numbered(name: str, rows: Iterable[Row]) -> list[Row]:
    """The rows of a table in golden form: sorted, and rows of one name numbered.

    Raises:
        ValueError: a row has other columns than the table.
    """
    shape = SHAPES[name]
    columns = (*shape.keys, *shape.values)
    found: dict[tuple[str, ...], int] = {}
    golden = []
    for row in sorted(rows, key=lambda row: [row.get(column, "") for column in columns]):
        if set(row) != set(columns):
            raise ValueError(f"a row of {name} has the columns {sorted(row)}, and the golden form {sorted(columns)}")
        key = tuple(row[column] for column in shape.keys)
        found[key] = found.get(key, 0) + 1
        golden.append({NTH: str(found[key]), **{column: row[column] for column in columns}})
    return golden


def write(tables: Tables, folder: Path) -> None:
    """Write each table that has rows as a CSV file; files of other tables are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    for name, rows in tables.items():
        if rows:
            text = io.StringIO(newline="")
            writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8", newline="")


def read(folder: Path) -> Tables:
    """The tables of a folder.

    Raises:
        FileNotFoundError: it has none.
    """
    tables: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    if not tables:
        raise FileNotFoundError(f"there are no golden files in {folder}; make them with record.py")
    return tables


def differences(golden: Tables, now: Tables) -> list[str]:
    """What differs, for people: rows that are gone or new, then the columns that changed; empty if nothing does."""
    found = []
    for name, shape in SHAPES.items():
        keys = (*shape.keys, NTH)
        was, is_ = (
            {tuple(row[column] for column in keys): row for row in tables.get(name, ())} for tables in (golden, now)
        )
        gone, new = (sorted(a.keys() - b.keys()) for a, b in ((was, is_), (is_, was)))
        for sign, what, names, rows in (("-", "gone", gone, was), ("+", "new", new, is_)):
            if names:
                found.append(f"{name}: {len(names)} rows are {what} (of {len(rows)})")
                found += [f"  {sign} {dict(rows[key])}" for key in names[:SHOWN]]
        for column in shape.values:
            changed = [key for key in was if key in is_ and was[key][column] != is_[key][column]]
            if changed:
                found.append(f"{name}.{column}: differs in {len(changed)} rows (of {len(was)})")
                for key in changed[:SHOWN]:
                    found.append(f"  {' | '.join(part for part in key[:-1] if part)}")
                    found += [f"    {line}" for line in _diff(was[key][column], is_[key][column])]
    return found


def _diff(was: str, is_: str) -> list[str]:
    """The changed lines with their neighbours, without the headings of a patch."""
    patch = difflib.unified_diff(was.split("\n"), is_.split("\n"), n=1, lineterm="")
    return [line for line in patch if not line.startswith(("---", "+++", "@@"))]
