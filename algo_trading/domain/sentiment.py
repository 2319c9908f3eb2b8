"""What a text says: its tone, and the kind of event it tells of."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """The three classes of sentiment, seen from someone who holds the instrument."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is in [-1, 1], negative to positive; `confidence` in [0, 1] is how sure the scorer is of `tone`."""

    tone: Tone
    score: float
    confidence: float


class Topic(StrEnum):
    """Kinds of events, in the order in which the labelled set numbers them from 0."""

    ANALYST_UPDATE = "analyst_update"
    FED_CENTRAL_BANKS = "fed_central_banks"
    COMPANY_PRODUCT_NEWS = "company_product_news"
    TREASURIES_CORPORATE_DEBT = "treasuries_corporate_debt"
    DIVIDEND = "dividend"
    EARNINGS = "earnings"
    ENERGY_OIL = "energy_oil"
    FINANCIALS = "financials"
    CURRENCIES = "currencies"
    GENERAL_NEWS_OPINION = "general_news_opinion"
    GOLD_METALS_MATERIALS = "gold_metals_materials"
    IPO = "ipo"
    LEGAL_REGULATION = "legal_regulation"
    MA_INVESTMENTS = "ma_investments"
    MACRO = "macro"
    MARKETS = "markets"
    POLITICS = "politics"
    PERSONNEL_CHANGE = "personnel_change"
    STOCK_COMMENTARY = "stock_commentary"
    STOCK_MOVEMENT = "stock_movement"

    @property
    def number(self) -> int:
        """Its number in the labelled set, 0 to 19."""
        return list(Topic).index(self)


@dataclass(frozen=True, slots=True)
class Event:
    """A text's `topic`; `confidence` in [0, 1] is how sure the classifier is of it."""

    topic: Topic
    confidence: float
