"""What Yahoo's quoteSummary reply (v10, module summaryDetail) says about a company."""

import json
from math import isfinite
from typing import Any

from algo_trading.adapters.yahoo.chart import unknown_symbol
from algo_trading.errors import SourceError

SummaryFigures = tuple[float | None, float | None]


def read_summary(content: bytes, symbol: str) -> SummaryFigures:
    """Price over trailing earnings and market capitalisation; None where Yahoo does not say.

    Raises:
        UnknownSymbolError: Yahoo has no figures under this symbol.
        SourceError: the reply is cut short, or is not a summary.
    """
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"Yahoo's reply for {symbol} is cut short or not JSON: {content[:60]!r}") from error
    try:
        result = reply["quoteSummary"]["result"]
        if not result:
            raise unknown_symbol(symbol, "an empty result")
        detail = result[0]["summaryDetail"]
        return _number(detail.get("trailingPE")), _number(detail.get("marketCap"))
    except (LookupError, TypeError, AttributeError) as error:
        raise SourceError(f"Yahoo's reply for {symbol} is not a summary of figures ({error!r})") from error


def _number(value: Any) -> float | None:  # noqa: ANN401 - what JSON can hold
    """A number, as such or formatted; Yahoo writes the P/E of no earnings as the text Infinity, or leaves it out."""
    if isinstance(value, dict):
        value = value.get("raw")
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None
