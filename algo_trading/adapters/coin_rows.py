"""What the sources of coins have in common: pages over HTTP, and rows as listings."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from algo_trading.adapters.http_client import HttpClient
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.errors import SourceError
from algo_trading.gateways.coin_listings import ListingPage
from algo_trading.sentiment.mentions.names import COINS_VENUE, marked, packaged_listings, with_known_names

PAGE_SIZE = 250  # coins
Row = Mapping[str, Any]
log = logging.getLogger(__name__)


def pages(
    client: HttpClient,
    url: str,
    queries: Sequence[Mapping[str, str]],
    rows: Callable[[bytes], Sequence[Row]],
) -> Iterator[ListingPage]:
    """The replies to the queries one after the other; a page that is not full is the last one.

    Raises:
        RateLimitedError, SourceError: as CoinListings.fetch.
    """
    for query in queries:
        page = ListingPage(client.get(url, query).content, "application/json", ".json")
        try:
            count = len(rows(page.content))
        except SourceError:
            yield page  # to be archived
            raise
        if count:
            yield page
        if count < PAGE_SIZE:
            return


def read_json(content: bytes, who: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A reply of `who` as JSON; NaN and infinity, which JSON does not have, are refused."""
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{who} did not send JSON, or only a part of it ({error}): try again later") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def listings(rows: Sequence[Row], read: Callable[[Row], Listing | None], who: str) -> list[Listing]:
    """The coins of a page of `who` that have names, with the ambiguous ones marked and known aliases added.

    `read` makes a coin of a row, or raises LookupError, TypeError or OverflowError if it is something else. Such rows
    are left out and counted in the log.

    Raises:
        SourceError: most rows are not coins.
    """
    found: list[Listing] = []
    odd: list[Exception] = []
    for row in rows:
        try:
            coin = read(row)
        except (LookupError, TypeError, OverflowError) as error:
            odd.append(error)
        else:
            if coin is not None:
                found.append(marked(coin))
    if odd:
        count = f"{len(odd)} of {len(rows)} rows are not coins ({str(odd[0])[:100]})"
        if 2 * len(odd) > len(rows):
            raise SourceError(f"{who} sent a list in which {count}: its format may have changed")
        log.warning("%s sent a list in which %s; they are left out", who, count)
    return with_known_names(found, packaged_listings())


def listing(
    symbol: object, name: object, *, rank: object, market_cap: object, volume: object, price: object
) -> Listing | None:
    """A coin as its source has it, or None if nobody could speak of it. TypeError: it is something else."""
    if not isinstance(symbol, str) or not isinstance(name, str):
        raise TypeError(f"{symbol!r}, {name!r}")
    ticker, called = " ".join(symbol.split()).upper(), " ".join(name.split())
    if not ticker or not called:
        return None
    place = _number(rank)
    return Listing(
        Instrument(ticker, COINS_VENUE),
        called,
        rank=int(place) if place else None,
        market_cap=_number(market_cap),
        volume=_number(volume),
        price=_number(price),
    )


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise TypeError(f"{value!r}")
    return float(value)
