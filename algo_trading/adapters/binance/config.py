"""How Binance is asked."""

from typing import Literal

from pydantic import Field, SecretStr

from algo_trading.plugins import PluginConfig

PLAY_MONEY = ("testnet.binance.vision", "demo-api.binance.com")  # Binance's own, where nothing is real


class ConnectionConfig(PluginConfig):
    """Which exchange is asked, and how fast.

    `weight_share` is the part of the exchange's limit that is used at most: the limit is one of the address, which
    other programs may share.
    """

    tld: Literal["com", "us"] = "com"  # binance.com or binance.us
    base_url: str = ""  # another address than the exchange's own, such as that of `algo-trading exchange`
    attempts: int = Field(default=4, ge=1)  # when it is out of order or asks to slow down, with doubling pauses
    weight_share: float = Field(default=0.8, gt=0, le=1)


class BinanceConfig(ConnectionConfig):
    """The source of bars."""

    connections: int = Field(default=4, ge=1, le=32)


class BinanceBrokerConfig(ConnectionConfig):
    """The broker. An API key comes with a secret (HMAC), or belongs to a private key (Ed25519, PEM)."""

    api_key: SecretStr = SecretStr("")
    api_secret: SecretStr = SecretStr("")
    private_key: SecretStr = SecretStr("")
    receive_window: float = Field(default=5, ge=1, le=60)  # seconds after which the exchange drops a late request
