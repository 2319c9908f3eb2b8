"""An influencer names an instrument."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.features import INFLUENCER_CONFIDENCE, INFLUENCER_SENTIMENT
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.inputs import require_numbers


@dataclass(frozen=True)
class InfluencerMention(Strategy):
    """Buy when an influencer mentions the instrument and is not negative; sell when one is clearly negative.

    Sentiment from `min_sentiment` on buys, up to `exit_sentiment` sells; the confidence is the mention's own. Idea:
    prices jump within minutes of single posts and mostly keep the level for days (Ante, How Elon Musk's Twitter
    Activity Moves Cryptocurrency Markets, Technological Forecasting and Social Change 186, 2023). A price that has
    moved already, or is old, is not chased: `limits` refuse it.
    """

    name: ClassVar[str] = "influencer_mention"
    summary: ClassVar[str] = "an influencer mentions it, sold when one is negative about it"
    features: ClassVar[tuple[str, ...]] = (INFLUENCER_CONFIDENCE, INFLUENCER_SENTIMENT)
    on_posts: ClassVar[bool] = True
    limits: ClassVar[Limits] = Limits(
        mail_from=Level.MEDIUM,
        order_from=Level.HIGH,
        trade_window=TradeWindow(time(12), time(6)),
        max_price_age=timedelta(days=4),  # a long weekend
        max_move=0.02,
    )

    min_sentiment: float = 0.0
    exit_sentiment: float = -0.3

    def __post_init__(self) -> None:
        require_numbers(-1, 1, min_sentiment=self.min_sentiment, exit_sentiment=self.exit_sentiment)
        if self.exit_sentiment >= self.min_sentiment:
            raise ValueError(
                f"exit_sentiment ({self.exit_sentiment:g}) must be below min_sentiment ({self.min_sentiment:g})"
            )

    @property
    def warmup(self) -> int:
        return 1

    @property
    def memory(self) -> int:
        return 1

    def decide(self, bars: Bars) -> Decisions:
        confidence, sentiment = (bars.features[name] for name in self.features)
        known = ~np.isnan(confidence)
        entries = known & (sentiment >= self.min_sentiment)
        exits = known & (sentiment <= self.exit_sentiment)
        return Decisions(entries, exits, np.nan_to_num(confidence), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        confidence, sentiment = (bars.features[name][index] for name in self.features)
        side = self.decide(bars).side(index)
        if np.isnan(confidence) or np.isnan(sentiment):
            return "no influencer mentioned it"
        who = f"an influencer mentioned it (confidence {confidence:.2f}) with a sentiment of {sentiment:+.2f}"
        match side:
            case Side.BUY:
                return f"{who}, not below {self.min_sentiment:+.2f}"
            case Side.SELL:
                return f"{who}, not above {self.exit_sentiment:+.2f}"
        return f"{who}, between {self.exit_sentiment:+.2f} to sell and {self.min_sentiment:+.2f} to buy"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it looks at no price
        return {}
