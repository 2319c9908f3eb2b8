"""A ban is one of the address: what one of them learns, the source and the broker both obey."""

from pathlib import Path

import pytest

from algo_trading.adapters.binance.client import bans_file
from algo_trading.adapters.binance.config import BinanceBrokerConfig, BinanceConfig

pytestmark = pytest.mark.unit


def test_the_source_and_the_broker_share_a_ban(tmp_path: Path) -> None:
    assert bans_file(BinanceConfig(), tmp_path) == bans_file(BinanceBrokerConfig(), tmp_path)
    assert bans_file(BinanceConfig(tld="us"), tmp_path) != bans_file(BinanceConfig(), tmp_path)
    assert bans_file(BinanceConfig(base_url="http://127.0.0.1:1"), tmp_path).parent == tmp_path / "bans"
