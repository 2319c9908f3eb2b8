"""What an entry is sent on, as JSON in its order's row."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from algo_trading.domain.limits import EntryTerms, TradeWindow


def terms_row(terms: EntryTerms) -> dict[str, Any]:
    """The terms as JSON, prices as text; what is not given is left out."""
    row = {
        "price": str(terms.price),
        "priced_at": terms.priced_at.isoformat(),
        "price_before": None if terms.price_before is None else str(terms.price_before),
        "window": terms.window and str(terms.window),
        "max_age": terms.max_age and terms.max_age.total_seconds(),
        "max_move": terms.max_move,
    }
    return {name: value for name, value in row.items() if value is not None}


def terms_of(row: Mapping[str, Any]) -> EntryTerms:
    """The terms of such JSON."""
    before, window, age = row.get("price_before"), row.get("window"), row.get("max_age")
    return EntryTerms(
        price=Decimal(row["price"]),
        priced_at=datetime.fromisoformat(row["priced_at"]),
        price_before=None if before is None else Decimal(before),
        window=None if window is None else TradeWindow.parse(window),
        max_age=None if age is None else timedelta(seconds=age),
        max_move=row.get("max_move"),
    )
