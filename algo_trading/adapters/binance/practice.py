"""The source `practice`: the practice exchange of this installation, which `make run` starts beside Airflow."""

from pathlib import Path

from pydantic import Field

from algo_trading.adapters.binance.client import BinanceRest, bans_file
from algo_trading.adapters.binance.config import BinanceConfig
from algo_trading.adapters.binance.market_data import BinanceMarketData
from algo_trading.adapters.practice_record import PracticeRecord
from algo_trading.plugins import Context, Plugin, PluginConfig

WHO = "the practice exchange"
NEVER_STARTED = PracticeRecord(0, "")  # at this port nothing answers


class PracticeConfig(PluginConfig):
    """How it is asked."""

    connections: int = Field(default=4, ge=1, le=32)
    attempts: int = Field(default=4, ge=1)


class _Connection:
    """Requests to the exchange at the address that is remembered now: it may be started, and move, at any time."""

    def __init__(self, config: PracticeConfig, home: Path) -> None:
        self._config, self._home = config, home
        self._url = ""
        self._rest: BinanceRest | None = None

    def __call__(self) -> BinanceRest:
        url = (PracticeRecord.read(self._home) or NEVER_STARTED).url
        if self._rest is None or url != self._url:
            self._url, connection = url, BinanceConfig(base_url=url, attempts=self._config.attempts)
            self._rest = BinanceRest(connection, who=WHO, bans=bans_file(connection, self._home))
        return self._rest


def build(config: PracticeConfig, context: Context) -> BinanceMarketData:
    """The source as configured in [sources.practice]."""
    connection = _Connection(config, context.home)
    return BinanceMarketData(connection, name=context.name, connections=config.connections)


plugin = Plugin(PracticeConfig, build)
