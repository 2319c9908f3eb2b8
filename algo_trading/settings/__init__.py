"""Configuration: packaged defaults, a preset, the user's file, the environment. The last one wins.

The one place that reads the environment. Secrets (passwords, keys, a database URL) are refused in files.
"""

from algo_trading.settings.load import default_home, load_settings, read_layers
from algo_trading.settings.tables import (
    FeedSettings,
    ImportSettings,
    Settings,
    StrategySettings,
    SubscriptionSettings,
    WatchlistSettings,
)
from algo_trading.settings.trading import AccountSettings, ExitsSettings, LimitsSettings
from algo_trading.settings.values import Section

__all__ = [
    "AccountSettings",
    "ExitsSettings",
    "FeedSettings",
    "ImportSettings",
    "LimitsSettings",
    "Section",
    "Settings",
    "StrategySettings",
    "SubscriptionSettings",
    "WatchlistSettings",
    "default_home",
    "load_settings",
    "read_layers",
]
