"""A broker that executes orders on the stored bars: the entry point `paper` of `algo_trading.brokers`."""

from algo_trading.adapters.paper_broker.broker import PaperBroker
from algo_trading.gateways.brokers import BrokerContext
from algo_trading.plugins import Plugin, PluginConfig
from algo_trading.services.prices import ReadPrices

__all__ = ["PaperBroker", "plugin"]


def build(_config: PluginConfig, context: BrokerContext) -> PaperBroker:
    """The broker on the bars of the database; it has no options."""
    return PaperBroker(ReadPrices(context.bars, context.actions))


plugin = Plugin(PluginConfig, build)
