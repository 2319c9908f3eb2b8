"""What the name of a file of bars says: symbol and interval."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from algo_trading.domain.time import Interval

SUFFIXES = (".csv", ".txt", ".gz", ".zip", ".tar", ".tgz", ".parquet", ".feather", ".json")
# As others write them: Binance's archive a month, CryptoDataDownload days, hours and minutes.
OTHER_WORDS = {"1mo": Interval.MONTH, "d": Interval.DAY, "1hour": Interval.HOUR_1, "minute": Interval.MINUTE_1}
LENGTHS = {str(one): one for one in Interval} | OTHER_WORDS
LENGTH = f"(?P<length>{'|'.join(sorted(LENGTHS, key=len, reverse=True))})"
FORMS = (
    re.compile(rf"(?P<base>[A-Z0-9]+)_(?P<quote>[A-Z0-9]+)-{LENGTH}"),  # freqtrade's BTC_USDT-5m
    re.compile(rf"(?P<base>[A-Z0-9]+)-{LENGTH}(-\d{{4}}(-\d\d){{0,2}})?"),  # the archive's BTCUSDT-5m-2024-01
    re.compile(rf"(?:Binance_)?(?P<base>.+)_{LENGTH}"),  # INJUSDT_4h, and Binance_BTCUSDT_d
)


@dataclass(frozen=True, slots=True)
class BarName:
    """What a name says; without an interval the whole name is the symbol."""

    symbol: str
    interval: Interval | None = None


def named(place: str) -> BarName:
    """What the name of a file or member says: AAPL of aapl.csv.gz, BTCUSDT and 5m of BTC_USDT-5m.feather."""
    stem = PurePosixPath(place.rsplit("!", 1)[-1]).name
    while stem.lower().endswith(SUFFIXES):
        stem = PurePosixPath(stem).stem
    for form in FORMS:
        if found := form.fullmatch(stem):
            parts = found.groupdict()
            return BarName(f"{parts['base']}{parts.get('quote') or ''}".upper(), LENGTHS[found["length"]])
    return BarName(stem.upper())
