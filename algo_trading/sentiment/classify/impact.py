"""How much a text matters: sentiment x weight of the event x weight of the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from algo_trading.domain.sentiment import Topic

# How far events of a kind move a price, relative to one another.
TOPIC_WEIGHTS: Mapping[Topic, float] = {
    Topic.MA_INVESTMENTS: 1.0,
    Topic.EARNINGS: 1.0,
    Topic.LEGAL_REGULATION: 0.9,
    Topic.ANALYST_UPDATE: 0.8,
    Topic.PERSONNEL_CHANGE: 0.7,
    Topic.COMPANY_PRODUCT_NEWS: 0.7,
    Topic.DIVIDEND: 0.7,
    Topic.IPO: 0.7,
    Topic.FINANCIALS: 0.7,
    Topic.STOCK_MOVEMENT: 0.6,
    Topic.FED_CENTRAL_BANKS: 0.6,
    Topic.MACRO: 0.5,
    Topic.TREASURIES_CORPORATE_DEBT: 0.5,
    Topic.CURRENCIES: 0.5,
    Topic.ENERGY_OIL: 0.5,
    Topic.GOLD_METALS_MATERIALS: 0.5,
    Topic.MARKETS: 0.5,
    Topic.STOCK_COMMENTARY: 0.4,
    Topic.POLITICS: 0.3,
    Topic.GENERAL_NEWS_OPINION: 0.2,
}


@dataclass(frozen=True)
class ImpactWeights:
    """Weights of kinds of events and of sources, each finite and not negative.

    A topic that is not named has its default, a source that is not named has weight 1.
    """

    topics: Mapping[Topic, float] = field(default_factory=dict)
    sources: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, weight in (*self.topics.items(), *self.sources.items()):
            if not (isfinite(weight) and weight >= 0):
                raise ValueError(f"the weight of {name} is {weight}; it must be 0 or more")

    def of_topic(self, topic: Topic) -> float:
        """The weight of a kind of event."""
        return self.topics.get(topic, TOPIC_WEIGHTS[topic])

    def of_source(self, source: str) -> float:
        """The weight of a feed, an account or a publisher."""
        return self.sources.get(source, 1.0)


def impact(sentiment: float, topic: Topic, source: str, weights: ImpactWeights) -> float:
    """Sentiment (in [-1, 1]) x weight of the event x weight of the source, clipped to [-1, 1]."""
    return max(-1.0, min(1.0, sentiment * weights.of_topic(topic) * weights.of_source(source)))
