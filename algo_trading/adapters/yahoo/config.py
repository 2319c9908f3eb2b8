"""How Yahoo is asked."""

from pydantic import Field

from algo_trading.plugins import PluginConfig


class YahooConfig(PluginConfig):
    """Rate limits and retries, of bars and of fundamentals."""

    pause_seconds: float = Field(default=0.5, ge=0)  # between two symbols
    attempts: int = Field(default=5, ge=1)  # when asked to slow down, with doubling pauses
