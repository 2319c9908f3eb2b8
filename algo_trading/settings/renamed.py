"""Keys and variables of earlier drafts, and how the same is written now."""

from collections.abc import Iterator, Mapping

from algo_trading.settings.layers import Layers
from algo_trading.settings.mistakes import Mistake

WATCHLIST = '[[watchlists]] name = "stocks", venue = "XNYS", source = "csv_files", symbols = ["AAPL", "IBM"]'
ACCOUNT = '[[accounts]] name = "paper", cash = 100000, position_fraction = 0.15'
LISTING = 'coin_listings = "coingecko", and its options in [listings.coingecko]'

PRESETS = 'for a packaged watchlist there is preset = "yahoo" or "sample"'
TABLES: Mapping[str, tuple[str, str, str]] = {  # what it is, the table around it now, an example
    "csv_files": ("source", "sources", 'folder = "bars"'),
    "yahoo": ("source", "sources", "attempts = 5"),
    "smtp": ("channel", "channels", 'host = "mail.example.com"'),
    "minio": ("object store", "object_stores", 'bucket = "trading"'),
    "reddit": ("platform", "platforms", "attempts = 4"),
    "x": ("platform", "platforms", "attempts = 4"),
    "newsapi": ("platform", "platforms", "attempts = 4"),
    "rss": ("platform", "platforms", "attempts = 4"),
}
KEYS: Mapping[str, str] = {
    "market_data": f"each watchlist names its source now, as in {WATCHLIST}; {PRESETS}",
    "venue": f"each watchlist names its venue now, as in {WATCHLIST}",
    "account": f"accounts are a list now, each an entry such as {ACCOUNT}",
    **{
        name: f"the options of a {noun} have a table of their own now: [{around}.{name}] {example}"
        for name, (noun, around, example) in TABLES.items()
    },
}
VARIABLES: Mapping[str, str] = {
    "MARKET_DATA": f"choose a packaged watchlist with ALGO_PRESET=yahoo or ALGO_PRESET=sample; {KEYS['market_data']}",
    "VENUE": KEYS["venue"],
    "ACCOUNT": """accounts are a list now; set ALGO_ACCOUNTS='[{"name": "paper", "cash": 100000}]'""",
    "COIN_LISTINGS__SOURCE": "set ALGO_COIN_LISTINGS=coingecko",
}


def renamed_keys(layers: Layers) -> Iterator[Mistake]:
    """A mistake for each old key of a file."""
    for layer in layers.files():
        for key in layer.values:
            if key in KEYS:
                yield Mistake((key,), f"is no longer read: {KEYS[key]}")
            elif key == "coin_listings" and isinstance(layer.values[key], dict):
                yield Mistake((key,), f"is the name of a source now: {LISTING}")


def renamed_variable(variable: str) -> str | None:
    """What to set instead of an old variable; None where it is not one."""
    path = variable.removeprefix("ALGO_")
    table, *keys = path.split("__")
    instead = VARIABLES.get(path) or VARIABLES.get(table)
    if table.lower() in TABLES:
        instead = f"set {'__'.join(('ALGO_' + TABLES[table.lower()][1].upper(), table, *keys))}"
    elif instead is None and table == "COIN_LISTINGS" and keys:
        instead = f"set ALGO_LISTINGS__COINMARKETCAP__{'__'.join(keys)}, or that of another source"
    return instead and f"is no longer read: {instead}"
