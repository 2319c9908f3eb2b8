"""How Binance is asked."""

from typing import Literal

from pydantic import Field

from algo_trading.plugins import PluginConfig


class BinanceConfig(PluginConfig):
    """Which exchange is asked, and how fast.

    `weight_share` is the part of the exchange's limit that is used at most: the limit is one of the address, which
    other programs may share.
    """

    tld: Literal["com", "us"] = "com"  # binance.com or binance.us
    base_url: str = ""  # another address than the exchange's own, such as that of `algo-trading exchange`
    connections: int = Field(default=4, ge=1, le=32)
    attempts: int = Field(default=4, ge=1)  # when it is out of order or asks to slow down, with doubling pauses
    weight_share: float = Field(default=0.8, gt=0, le=1)
