"""Tables of bars as files and archives of them."""

from pathlib import Path

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.gateways.bar_files import FileOnDisk

HEADER = "symbol,date,open,high,low,close,volume"


LINE = "IBM,2015-03-23,10,12,9,11,100"


def read(*paths: Path, symbol: str | None = None) -> list[FileOnDisk]:
    return list(read_bar_files(paths, symbol))
