"""Where real coins are watched their listing is refreshed, unless the configuration says otherwise."""

import os
from pathlib import Path

import pytest

from algo_trading.settings import load_settings

pytestmark = pytest.mark.unit

COINS = '[[watchlists]]\nname = "c"\nvenue = "{}"\nsource = "binance"\nintervals = ["1h"]\nsymbols = ["BTCUSDT"]\n'


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (COINS.format("BINANCE"), "coingecko"),
        (COINS.format("DEMO"), ""),  # made-up coins are listed nowhere
        (COINS.format("XNYS"), ""),
        ('coin_listings = "coinmarketcap"\n' + COINS.format("XNYS"), "coinmarketcap"),
        ('coin_listings = ""\n' + COINS.format("BINANCE"), ""),
        ("", ""),
    ],
)
def test_the_source_of_listings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, source: str) -> None:
    for variable in [name for name in os.environ if name.startswith("ALGO_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "algo-trading.toml").write_text(text)
    assert load_settings().listing_source == source
